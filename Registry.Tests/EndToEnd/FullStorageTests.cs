using System.Net;
using NUnit.Framework;
using Registry.Tests.Support;
using Registry.Tests.Support.Gcs;
using Registry.Tests.Support.Servers;

namespace Registry.Tests.EndToEnd;

/// <summary>
/// A storage without room, of each kind: what fills it is refused whole, what is there is served, also after a restart,
/// and what is deleted makes room.
/// </summary>
[Parallelizable(ParallelScope.Self)]
public sealed class FullStorageTests : EndToEndTest
{
    private const int PackageBytes = 1 << 20;

    /// <summary>Reclaims soon what nobody refers to. An upload under way is written to all the time.</summary>
    private static readonly (string, string?)[] Collecting =
    [
        (
            "UPDATES__BOUNDSECONDS",
            "0.25"), (
                "COLLECTION__GRACESECONDS",
                "1"), ("COLLECTION__PERIODSECONDS", "0.5"), ("COLLECTION__STAGEDIDLESECONDS", "3"),
    ];

    [Test]
    public async Task On_the_filesystem()
    {
        Directory.CreateDirectory(Data);
        await using var volume = await PrivateVolume.MountAsync(Data, "8m", CancellationToken);
        var room = new Room(() => volume.FillAsync("filler"), () => volume.RemoveAsync("filler"));
        await ProveAsync(settings => StartOnAsync(volume, settings), room, deletesOneOfMany: true);
    }

    [Test]
    public async Task What_a_killed_upload_left_on_a_full_disk_is_reclaimed_at_the_start()
    {
        Directory.CreateDirectory(Data);
        await using var volume = await PrivateVolume.MountAsync(Data, "8m", CancellationToken);
        (string, string?)[] patient =
            [("COLLECTION__PERIODSECONDS", "3600"), ("COLLECTION__STAGEDIDLESECONDS", "3600")];
        var registry = await StartOnAsync(volume, patient);
        var ledger = new PushLedger("left");
        await ledger.PushAsync(registry.Client, "before", "1.0.0", 10_000, CancellationToken);
        Assert.That(ledger.Acknowledged, Is.EqualTo(1));
        await registry.KillAsync();
        await volume.FillAsync("staging/left");

        registry = await StartOnAsync(volume, patient);
        await UntilThereIsRoomAsync(registry, ledger);
        await ledger.VerifyAsync(registry.Client, CancellationToken);
        Assert.That(await volume.FilesAsync(), Does.Not.Contain("staging"));
    }

    [Test]
    public async Task On_redis()
    {
        await using var server = await RedisServer.StartAsync(CancellationToken, "--maxmemory", "12mb");
        var room = new Room(
            () => server.CommandAsync("config", "set", "maxmemory", "1mb"),
            () => server.CommandAsync("config", "set", "maxmemory", "12mb"));
        await ProveAsync(settings => StartOverAsync(server, settings), room, deletesOneOfMany: true);
    }

    [Test]
    public async Task On_etcd()
    {
        await using var server = await EtcdServer.StartAsync(CancellationToken, "--quota-backend-bytes=16777216");

        // With its alarm raised etcd takes nothing but deletes, and only its operator can disarm it.
        var room =
            new Room(() => Task.CompletedTask, () => Task.CompletedTask, () => server.MakeRoomAsync(CancellationToken));
        await ProveAsync(settings => StartOverAsync(server, settings), room, deletesOneOfMany: false);
    }

    [Test]
    public async Task On_gcs()
    {
        await using var fake = await FakeGcs.StartAsync();
        const long Quota = 6 << 20;
        var quota = Quota;
        fake.Faults = call =>
        {
            // A session is for more bytes than the quota.
            var isFull = call.Operation == FakeGcsOperation.StartSession
                || (call.Operation == FakeGcsOperation.Insert
                    && fake.Bucket.Objects.Sum(static one => one.Content.Length) > Interlocked.Read(ref quota));
            return isFull ? FakeGcsFault.Answer(403, "quotaExceeded") : null;
        };
        var room = new Room(
            () => Task.FromResult(Interlocked.Exchange(ref quota, 0)),
            () => Task.FromResult(Interlocked.Exchange(ref quota, Quota)));
        await ProveAsync(settings => StartOverAsync(fake, settings), room, deletesOneOfMany: false);
    }

    [Test]
    public async Task In_the_staging_folder_of_gcs()
    {
        await using var fake = await FakeGcs.StartAsync();
        var staging = Path.Combine(Folder, "staging");
        Directory.CreateDirectory(staging);
        await using var volume = await PrivateVolume.MountAsync(staging, "4m", CancellationToken);
        string[] command =
            [.. volume.Command(RegistryProcess.Command), .. fake.NewStorage("full"), $"--Gcs:StagingFolder={staging}"];
        var registry = Launch(command, [.. Collecting]);
        await registry.ReadyAsync();
        var ledger = new PushLedger("staging");
        await ledger.PushAsync(registry.Client, "before", "1.0.0", 10_000, CancellationToken);
        Assert.That(ledger.Acknowledged, Is.EqualTo(1));
        await registry.KillAsync();

        await volume.FillAsync("filler");
        registry = Launch(command, [.. Collecting]);
        await DemandServedWithoutRoomAsync(registry, ledger);
        await registry.KillAsync();

        // What a crash leaves is known by its name, and by the lock that nobody has.
        await volume.RemoveAsync("filler");
        await volume.FillAsync(Guid.NewGuid().ToString("n"));
        registry = Launch(command, [.. Collecting, ("COLLECTION__STAGEDIDLESECONDS", "3600")]);
        await registry.ReadyAsync();
        await UntilThereIsRoomAsync(registry, ledger);
        await ledger.VerifyAsync(registry.Client, CancellationToken);
    }

    private async Task<RegistryProcess> StartOnAsync(PrivateVolume volume, (string, string?)[] settings)
    {
        var registry = Launch(
            volume.Command(RegistryProcess.Command), [("FILESYSTEM__PATH", Data), .. settings]);
        await registry.ReadyAsync();
        return registry;
    }

    private async Task<RegistryProcess> StartOverAsync(IBackendServer server, (string, string?)[] settings)
    {
        string[] command =
        [
            .. RegistryProcess.Command,
            .. server.NewStorage("full"),
            $"--Gcs:StagingFolder={Path.Combine(Folder, "staging")}",
            "--Redis:DeadlineSeconds=30",
            "--Etcd:TimeoutSeconds=30",
        ];
        var registry = Launch(command, settings);
        await registry.ReadyAsync();
        return registry;
    }

    /// <param name="startAsync">
    /// Starts the registry over a storage that has room for some packages, and waits until it is ready.
    /// </param>
    /// <param name="room">Its room.</param>
    /// <param name="deletesOneOfMany">
    /// Whether a release is deleted from among others though there is no room: a smaller index takes the place of a
    /// larger one.
    /// </param>
    private async Task ProveAsync(
        Func<(string, string?)[], Task<RegistryProcess>> startAsync, Room room, bool deletesOneOfMany)
    {
        var registry = await startAsync([]);
        var ledger = new PushLedger("full");
        for (var release = 0; release < 2; release++)
            Assert.That(
                await ledger.PushAsync(registry.Client, "many", $"1.0.{release}", 10_000, CancellationToken),
                Is.EqualTo(HttpStatusCode.OK));

        var packages = 0;
        HttpStatusCode status;
        for (;
             (status = await ledger.PushAsync(
                 registry.Client, $"p{packages}", "1.0.0", PackageBytes, CancellationToken)) == HttpStatusCode.OK;
             packages++)
            Assert.That(packages, Is.LessThan(40), "it is never full");
        Assert.That(status, Is.EqualTo(HttpStatusCode.InsufficientStorage));
        Assert.That(packages, Is.AtLeast(3), "it is full too soon");
        using (var archive =
            await registry.Client.PostAsync("/api/v1/app", new ByteArrayContent(new byte[9 << 20]), CancellationToken))
            await DemandErrorAsync(archive, HttpStatusCode.InsufficientStorage, "storage-full");

        // What is there is served, and nothing else is there.
        await ledger.VerifyAsync(registry.Client, CancellationToken);
        using (var refused = await registry.Client.GetAsync($"/api/v1/packages/full/p{packages}", CancellationToken))
            await DemandErrorAsync(refused, HttpStatusCode.NotFound, "package-not-found");
        using (var ready = await registry.Client.GetAsync("/readyz", CancellationToken))
            Assert.That(ready.StatusCode, Is.EqualTo(HttpStatusCode.OK), "it can be read");

        await registry.StopAsync();
        await room.TakeAsync();
        registry = await startAsync(Collecting);
        await DemandServedWithoutRoomAsync(registry, ledger);
        await DeleteAsync(registry, ledger, "p2", "1.0.0");
        await room.GiveAsync();

        if (deletesOneOfMany)
            await DeleteAsync(registry, ledger, "many", "1.0.0");
        for (var package = 0; package < 2; package++)
            await DeleteAsync(registry, ledger, $"p{package}", "1.0.0");
        await UntilThereIsRoomAsync(registry, ledger, room.MakeAsync);
        await ledger.VerifyAsync(registry.Client, CancellationToken);
    }

    /// <summary>What was started without a byte of room: it says so, serves what it has, and takes no more.</summary>
    private async Task DemandServedWithoutRoomAsync(RegistryProcess registry, PushLedger ledger)
    {
        await registry.ReadyAsync();
        Assert.That(registry.Log, Has.Some.Contains("The storage is full"));
        await ledger.VerifyAsync(registry.Client, CancellationToken);
        var status = await ledger.PushAsync(registry.Client, "refused", "1.0.0", PackageBytes, CancellationToken);
        Assert.That(status, Is.EqualTo(HttpStatusCode.InsufficientStorage));
        using var ready = await registry.Client.GetAsync("/readyz", CancellationToken);
        Assert.That(ready.StatusCode, Is.EqualTo(HttpStatusCode.OK), "it can be read");
    }

    private Task UntilThereIsRoomAsync(RegistryProcess registry, PushLedger ledger, Func<Task>? makeAsync = null)
    {
        var attempt = 0;
        return UntilAsync(
            async () =>
            {
                if (makeAsync is not null)
                    await makeAsync();
                var release = $"1.0.{attempt++}";
                return await ledger.PushAsync(registry.Client, "again", release, PackageBytes, CancellationToken)
                    == HttpStatusCode.OK;
            },
            "there is room again");
    }

    private async Task DeleteAsync(RegistryProcess registry, PushLedger ledger, string package, string release)
    {
        using var deleted =
            await registry.Client.DeleteAsync($"/api/v1/packages/full/{package}/{release}/helm", CancellationToken);
        Assert.That(
            deleted.StatusCode,
            Is.EqualTo(HttpStatusCode.OK),
            await deleted.Content.ReadAsStringAsync(CancellationToken));
        ledger.Forget(package, release);
    }

    /// <summary>The room of a storage.</summary>
    /// <param name="TakeAsync">Takes all of it.</param>
    /// <param name="GiveAsync">Gives that back.</param>
    /// <param name="MakeAsync">What the operator does when room has been made; null for nothing.</param>
    private sealed record Room(Func<Task> TakeAsync, Func<Task> GiveAsync, Func<Task>? MakeAsync = null);
}
