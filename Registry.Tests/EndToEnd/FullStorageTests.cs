using System.Net;
using NUnit.Framework;
using Registry.Tests.Api.Oci;
using Registry.Tests.Support;
using Registry.Tests.Support.Gcs;
using Registry.Tests.Support.Servers;

namespace Registry.Tests.EndToEnd;

/// <summary>
/// Full storage on every backend: writes that do not fit are refused completely, reads work, also after a restart, and
/// deletes free space.
/// </summary>
public sealed class FullStorageTests : EndToEndTest
{
    private const int PackageBytes = 1 << 20;

    /// <summary>Collects soon. An upload in progress is written to continuously.</summary>
    private static readonly (string, string?)[] Collecting =
    [
        ("UPDATES__BOUNDSECONDS", "0.25"),
        ("COLLECTION__GRACESECONDS", "1"),
        ("COLLECTION__PERIODSECONDS", "0.5"),
        ("COLLECTION__STAGEDIDLESECONDS", "3"),
    ];

    [Test]
    public async Task On_the_filesystem()
    {
        Directory.CreateDirectory(Data);
        await using var volume = await PrivateVolume.MountAsync(Data, "8m", CancellationToken);
        var space = new FreeSpace(() => volume.FillAsync("filler"), () => volume.RemoveAsync("filler"));
        await ProveAsync(
            async settings => await StartOnAsync(volume, settings), space, deletesOneOfMany: true, marksBlobs: true);
    }

    [Test]
    public async Task Startup_reclaims_an_abandoned_upload_on_a_full_disk()
    {
        Directory.CreateDirectory(Data);
        await using var volume = await PrivateVolume.MountAsync(Data, "8m", CancellationToken);
        (string, string?)[] slowCollection =
            [("COLLECTION__PERIODSECONDS", "3600"), ("COLLECTION__STAGEDIDLESECONDS", "3600")];
        var registry = await StartOnAsync(volume, slowCollection);
        var ledger = new PushLedger("left");
        await ledger.PushAsync(registry.Client, "before", "1.0.0", 10_000, CancellationToken);
        Assert.That(ledger.Acknowledged, Is.EqualTo(1));
        await registry.KillAsync();
        await volume.FillAsync("staging/left");

        registry = await StartOnAsync(volume, slowCollection);
        await UntilPushSucceedsAsync(registry, ledger);
        await ledger.VerifyAsync(registry.Client, CancellationToken);
        Assert.That(await volume.FilesAsync(), Does.Not.Contain("staging"));
    }

    [Test]
    public async Task On_redis()
    {
        await using var server = await RedisServer.StartAsync(CancellationToken, "--maxmemory", "12mb");
        var space = new FreeSpace(
            () => server.CommandAsync("config", "set", "maxmemory", "1mb"),
            () => server.CommandAsync("config", "set", "maxmemory", "12mb"));
        await ProveAsync(
            settings => StartOverAsync(server, settings), space, deletesOneOfMany: true, marksBlobs: false);
    }

    [Test]
    public async Task On_etcd()
    {
        await using var server = await EtcdServer.StartAsync(CancellationToken, "--quota-backend-bytes=16777216");

        // After its space alarm etcd accepts only deletes, and only an operator can disarm it.
        var space =
            new FreeSpace(
                () => Task.CompletedTask, () => Task.CompletedTask, () => server.ReclaimSpaceAsync(CancellationToken));
        await ProveAsync(
            settings => StartOverAsync(server, settings), space, deletesOneOfMany: false, marksBlobs: false);
    }

    [Test]
    public async Task On_gcs()
    {
        await using var fake = await FakeGcs.StartAsync();
        const long Quota = 6 << 20;
        var quota = Quota;
        fake.Faults = call =>
        {
            // A resumable upload exceeds the quota.
            var isFull = call.Operation == FakeGcsOperation.StartSession
                || (call.Operation == FakeGcsOperation.Insert
                    && fake.Bucket.Objects.Sum(static one => one.Content.Length) > Interlocked.Read(ref quota));
            return isFull ? FakeGcsFault.Respond(403, "quotaExceeded") : null;
        };
        var space = new FreeSpace(
            () => Task.FromResult(Interlocked.Exchange(ref quota, 0)),
            () => Task.FromResult(Interlocked.Exchange(ref quota, Quota)));
        await ProveAsync(
            settings => StartOverAsync(fake, settings), space, deletesOneOfMany: false, marksBlobs: true);
    }

    [Test]
    public async Task In_the_gcs_staging_folder()
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
        await registry.ReadyAsync();
        await AssertServesFullStorageAsync(registry, ledger);
        await registry.KillAsync();

        // Files left by a crash are recognized by their name and their free lock.
        await volume.RemoveAsync("filler");
        await volume.FillAsync(Guid.NewGuid().ToString("n"));
        registry = Launch(command, [.. Collecting, ("COLLECTION__STAGEDIDLESECONDS", "3600")]);
        await registry.ReadyAsync();
        await UntilPushSucceedsAsync(registry, ledger);
        await ledger.VerifyAsync(registry.Client, CancellationToken);
    }

    private async Task<RegistryProcess> StartOnAsync(PrivateVolume volume, (string, string?)[] settings)
    {
        var registry = Launch(
            volume.Command(RegistryProcess.Command), [("FILESYSTEM__PATH", Data), .. settings]);
        await registry.ReadyAsync();
        return registry;
    }

    private async Task<IRegistry> StartOverAsync(IBackendServer server, (string, string?)[] settings) =>
        await HostAsync(
        [
            .. server.NewStorage("full"),
            $"--Gcs:StagingFolder={Path.Combine(Folder, "staging")}",
            "--Redis:DeadlineSeconds=30",
            "--Etcd:TimeoutSeconds=30",
            .. RegistryHost.ArgumentsOf(settings),
        ]);

    /// <param name="startAsync">
    /// Starts the registry over a storage with space for some packages, and waits until it is ready.
    /// </param>
    /// <param name="space">The free space.</param>
    /// <param name="deletesOneOfMany">
    /// Whether one of several releases can be deleted without free space: a smaller index replaces a larger one.
    /// </param>
    /// <param name="marksBlobs">
    /// Whether a blob can be marked as deleted without free space. Otherwise the client is refused, and the collector
    /// removes the blob.
    /// </param>
    private async Task ProveAsync(
        Func<(string, string?)[], Task<IRegistry>> startAsync,
        FreeSpace space,
        bool deletesOneOfMany,
        bool marksBlobs)
    {
        var registry = await startAsync([]);
        var digest = await new OciRepository(registry.Client, "full/loose").PushBlobAsync(new byte[100_000]);
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
            Assert.That(packages, Is.LessThan(40), "the storage does not become full");
        Assert.That(status, Is.EqualTo(HttpStatusCode.InsufficientStorage));
        Assert.That(packages, Is.AtLeast(3), "the storage is full too soon");
        using (var archive =
            await registry.Client.PostAsync("/api/v1/app", new ByteArrayContent(new byte[9 << 20]), CancellationToken))
            await AssertErrorAsync(archive, HttpStatusCode.InsufficientStorage, "storage-full");

        // Existing packages are served, and the refused one does not exist.
        await ledger.VerifyAsync(registry.Client, CancellationToken);
        using (var refused = await registry.Client.GetAsync($"/api/v1/packages/full/p{packages}", CancellationToken))
            await AssertErrorAsync(refused, HttpStatusCode.NotFound, "package-not-found");
        using (var ready = await registry.Client.GetAsync("/readyz", CancellationToken))
            Assert.That(ready.StatusCode, Is.EqualTo(HttpStatusCode.OK), "the storage is readable");

        await space.FillAsync();
        using (var deleted =
            await registry.Client.DeleteAsync($"/v2/full/loose/blobs/{digest}", CancellationToken))
            Assert.That(
                deleted.StatusCode,
                Is.EqualTo(marksBlobs ? HttpStatusCode.Accepted : HttpStatusCode.InsufficientStorage));
        using (var found = await registry.Client.GetAsync($"/v2/full/loose/blobs/{digest}", CancellationToken))
            Assert.That(found.StatusCode, Is.EqualTo(marksBlobs ? HttpStatusCode.NotFound : HttpStatusCode.OK));
        await StopAsync(registry);
        registry = await startAsync(Collecting);
        await AssertServesFullStorageAsync(registry, ledger);
        await DeleteAsync(registry, ledger, "p2", "1.0.0");
        await space.RestoreAsync();

        if (deletesOneOfMany)
            await DeleteAsync(registry, ledger, "many", "1.0.0");
        for (var package = 0; package < 2; package++)
            await DeleteAsync(registry, ledger, $"p{package}", "1.0.0");
        await UntilPushSucceedsAsync(registry, ledger, space.ReclaimAsync);
        await ledger.VerifyAsync(registry.Client, CancellationToken);
        await StopAsync(registry);
    }

    /// <summary>Asserts that a registry started on a full storage logs it, serves reads and refuses writes.</summary>
    private async Task AssertServesFullStorageAsync(IRegistry registry, PushLedger ledger)
    {
        Assert.That(registry.Messages, Has.Some.Contains("The storage is full"));
        await ledger.VerifyAsync(registry.Client, CancellationToken);
        var status = await ledger.PushAsync(registry.Client, "refused", "1.0.0", PackageBytes, CancellationToken);
        Assert.That(status, Is.EqualTo(HttpStatusCode.InsufficientStorage));
        using var ready = await registry.Client.GetAsync("/readyz", CancellationToken);
        Assert.That(ready.StatusCode, Is.EqualTo(HttpStatusCode.OK), "the storage is readable");
    }

    private Task UntilPushSucceedsAsync(IRegistry registry, PushLedger ledger, Func<Task>? reclaimAsync = null)
    {
        var attempt = 0;
        return UntilAsync(
            async () =>
            {
                // Every refused push is work for the registry, and keeps it from collecting.
                await Task.Delay(attempt == 0 ? 0 : 250, CancellationToken.None);
                if (reclaimAsync is not null)
                    await reclaimAsync();
                var release = $"1.0.{attempt++}";
                return await ledger.PushAsync(registry.Client, "again", release, PackageBytes, CancellationToken)
                    == HttpStatusCode.OK;
            },
            "a push succeeds again");
    }

    private async Task DeleteAsync(IRegistry registry, PushLedger ledger, string package, string release)
    {
        using var deleted =
            await registry.Client.DeleteAsync($"/api/v1/packages/full/{package}/{release}/helm", CancellationToken);
        Assert.That(
            deleted.StatusCode,
            Is.EqualTo(HttpStatusCode.OK),
            await deleted.Content.ReadAsStringAsync(CancellationToken));
        ledger.Remove(package, release);
    }

    /// <summary>The free space of a storage.</summary>
    /// <param name="FillAsync">Uses all of it.</param>
    /// <param name="RestoreAsync">Frees what was used.</param>
    /// <param name="ReclaimAsync">The action of an operator after space was freed; null for none.</param>
    private sealed record FreeSpace(Func<Task> FillAsync, Func<Task> RestoreAsync, Func<Task>? ReclaimAsync = null);
}
