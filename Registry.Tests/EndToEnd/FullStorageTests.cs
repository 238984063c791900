using System.Diagnostics;
using System.Net;
using NUnit.Framework;
using Registry.Tests.Support;
using Registry.Tests.Support.Gcs;

namespace Registry.Tests.EndToEnd;

/// <summary>A storage without room, of each kind: what fills it is refused whole, what is there is served, and what is deleted makes room.</summary>
[Parallelizable(ParallelScope.Self)]
public sealed class FullStorageTests : EndToEndTest
{
    private const int PackageBytes = 1 << 20;

    /// <summary>Reclaims soon what nobody refers to. An upload under way is written to all the time.</summary>
    private static readonly (string, string?)[] Collecting =
    [
        ("UPDATES__BOUNDSECONDS", "0.25"), ("COLLECTION__GRACESECONDS", "1"), ("COLLECTION__PERIODSECONDS", "0.5"), ("COLLECTION__STAGEDIDLESECONDS", "3"),
    ];

    [Test]
    public async Task On_the_filesystem()
    {
        using (var possible = Process.Start("unshare", ["--user", "--map-root-user", "--mount", "true"]))
        {
            await possible.WaitForExitAsync(Ct);
            if (possible.ExitCode != 0)
                Assert.Ignore("This machine lets nobody mount a volume of his own: unshare was refused.");
        }

        Directory.CreateDirectory(Data);
        var registry = Launch(
            ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", "mount -t tmpfs -o size=8m tmpfs \"$0\" && exec \"$@\"", Data, .. RegistryProcess.Command],
            [("FILESYSTEM__PATH", Data), .. Collecting]);
        await registry.ReadyAsync();
        await ProveAsync(registry, deletesOneOfMany: true);
    }

    [Test]
    public async Task On_redis()
    {
        await using var server = await RedisServer.StartAsync(Ct, "--maxmemory", "12mb");
        var registry = await StartOverAsync(server);
        await ProveAsync(registry, deletesOneOfMany: true);
    }

    [Test]
    public async Task On_etcd()
    {
        await using var server = await EtcdServer.StartAsync(Ct, "--quota-backend-bytes=16777216");
        var registry = await StartOverAsync(server);

        // With its alarm raised etcd takes nothing but deletes, and only its operator can disarm it.
        await ProveAsync(registry, deletesOneOfMany: false, () => server.MakeRoomAsync(Ct));
    }

    [Test]
    public async Task On_gcs()
    {
        await using var fake = await FakeGcs.StartAsync();
        const long Quota = 6 << 20;
        fake.Faults = call =>
        {
            // A session is for more bytes than the quota.
            var isFull = call.Operation == FakeGcsOperation.StartSession
                || (call.Operation == FakeGcsOperation.Insert && fake.Bucket.Objects.Sum(static one => one.Content.Length) > Quota);
            return isFull ? FakeGcsFault.Answer(403, "quotaExceeded") : null;
        };
        var registry = await StartOverAsync(fake);
        await ProveAsync(registry, deletesOneOfMany: false);
    }

    private async Task<RegistryProcess> StartOverAsync(IBackendServer server)
    {
        var registry = Launch(
            [.. RegistryProcess.Command, .. server.NewStorage("full"), $"--Gcs:StagingFolder={Path.Combine(Folder, "staging")}"], [.. Collecting]);
        await registry.ReadyAsync();
        return registry;
    }

    /// <param name="registry">Over a storage that has room for some packages.</param>
    /// <param name="deletesOneOfMany">Whether a release is deleted from among others though there is no room: a smaller index takes the place of a larger one.</param>
    /// <param name="makeRoom">What the operator does when room has been made; null for nothing.</param>
    private async Task ProveAsync(RegistryProcess registry, bool deletesOneOfMany, Func<Task>? makeRoom = null)
    {
        var ledger = new PushLedger("full");
        for (var release = 0; release < 2; release++)
            Assert.That(await ledger.PushAsync(registry.Client, "many", $"1.0.{release}", 10_000, Ct), Is.EqualTo(HttpStatusCode.OK));

        var packages = 0;
        HttpStatusCode status;
        for (; (status = await ledger.PushAsync(registry.Client, $"p{packages}", "1.0.0", PackageBytes, Ct)) == HttpStatusCode.OK; packages++)
            Assert.That(packages, Is.LessThan(40), "it is never full");
        Assert.That(status, Is.EqualTo(HttpStatusCode.InsufficientStorage));
        Assert.That(packages, Is.AtLeast(3), "it is full too soon");
        using (var archive = await registry.Client.PostAsync("/api/v1/app", new ByteArrayContent(new byte[9 << 20]), Ct))
            await DemandErrorAsync(archive, HttpStatusCode.InsufficientStorage, "storage-full");

        // What is there is served, and nothing else is there.
        await ledger.VerifyAsync(registry.Client, Ct);
        using (var refused = await registry.Client.GetAsync($"/api/v1/packages/full/p{packages}", Ct))
            await DemandErrorAsync(refused, HttpStatusCode.NotFound, "package-not-found");
        using (var ready = await registry.Client.GetAsync("/readyz", Ct))
            Assert.That(ready.StatusCode, Is.EqualTo(HttpStatusCode.OK), "it can be read");

        if (deletesOneOfMany)
            await DeleteAsync(registry, ledger, "many", "1.0.0");
        for (var package = 0; package < 2; package++)
            await DeleteAsync(registry, ledger, $"p{package}", "1.0.0");
        var attempt = 0;
        await UntilAsync(
            async () =>
            {
                await (makeRoom?.Invoke() ?? Task.CompletedTask);
                return await ledger.PushAsync(registry.Client, "again", $"1.0.{attempt++}", PackageBytes, Ct) == HttpStatusCode.OK;
            },
            "there is room again");
        await ledger.VerifyAsync(registry.Client, Ct);
    }

    private async Task DeleteAsync(RegistryProcess registry, PushLedger ledger, string package, string release)
    {
        using var deleted = await registry.Client.DeleteAsync($"/api/v1/packages/full/{package}/{release}/helm", Ct);
        Assert.That(deleted.StatusCode, Is.EqualTo(HttpStatusCode.OK), await deleted.Content.ReadAsStringAsync(Ct));
        ledger.Forget(package, release);
    }
}
