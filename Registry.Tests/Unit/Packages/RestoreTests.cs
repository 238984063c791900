using NUnit.Framework;
using Registry.Core.Documents;
using Registry.Core.Errors;
using Registry.Core.Packages;
using Registry.Core.Storage;
using Registry.Core.Versions;
using Registry.Tests.Support;
using Registry.Tests.Support.Backups;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Unit.Packages;

/// <summary>Releases and channels restored from a backup, with concurrent writers.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class RestoreTests
{
    private static readonly PackageName Name = Samples.Package();

    private readonly InMemoryStorage storage = new();
    private readonly StorageFaults faults = new();
    private readonly PackageIndexes indexes;
    private readonly PackageRegistry packages;

    public RestoreTests()
    {
        indexes = new PackageIndexes(
            new FaultyDocumentStore(storage.Documents, faults), TimeProvider.System, new UpdateOptions());
        packages = Samples.Registry(indexes, new FaultyBlobStore(storage.Blobs, faults));
    }

    [Test]
    public async Task A_package_is_as_old_as_its_oldest_restored_release()
    {
        Assert.That(await RestoreAsync("2.0.0", "two", Samples.Start), Is.EqualTo(RestoreOutcome.Added));
        Assert.That(await RestoreAsync("3.0.0", "three", Samples.Start.AddDays(1)), Is.EqualTo(RestoreOutcome.Added));
        Assert.That((await IndexAsync()).CreatedAt, Is.EqualTo(Samples.Start));
        Assert.That(await RestoreAsync("1.0.0", "one", Samples.Start.AddDays(-1)), Is.EqualTo(RestoreOutcome.Added));
        var index = await IndexAsync();
        Assert.That(index.CreatedAt, Is.EqualTo(Samples.Start.AddDays(-1)));
        Assert.That(
            index.Manifests.Select(static manifest => manifest.CreatedAt),
            Is.EqualTo(new[] { 1, 0, -1 }.Select(static day => Samples.Start.AddDays(day))));
    }

    [Test]
    public async Task Restoring_the_same_release_again_writes_nothing()
    {
        await RestoreAsync("1.0.0", "one", Samples.Start);
        faults.Before = static call => call.Operation is StorageOperation.PutDocument or StorageOperation.CreateBlob
            ? throw new StorageException(StorageFault.Denied, "Nothing may be written.")
            : default;
        Assert.That(await RestoreAsync("1.0.0", "one", Samples.Start.AddDays(1)), Is.EqualTo(RestoreOutcome.Unchanged));
        Assert.That((await IndexAsync()).Manifests.Single().CreatedAt, Is.EqualTo(Samples.Start));
    }

    [Test]
    public async Task A_push_that_wins_the_race_is_kept_and_the_restore_is_a_conflict()
    {
        faults.Before = async call =>
        {
            if (call.Operation != StorageOperation.CommitBlob)
                return;
            faults.Before = null;
            await RestoreAsync("1.0.0", "other", Samples.Start);
        };
        var refused =
            await Assert.ThrowsAsync<RegistryException>(async () => await RestoreAsync("1.0.0", "one", Samples.Start));
        Assert.That(refused!.Code, Is.EqualTo(ErrorCode.PackageExists));
        Assert.That(
            (await IndexAsync()).Manifests.Single().Content.TarDigest?.Value,
            Is.EqualTo(BackupEntry.DigestOf(Samples.TarGz("other"))));
    }

    [Test]
    public async Task Only_one_of_two_concurrent_restores_adds_the_release()
    {
        faults.Before = async call =>
        {
            if (call.Operation != StorageOperation.CommitBlob)
                return;
            faults.Before = null;
            Assert.That(await RestoreAsync("1.0.0", "one", Samples.Start), Is.EqualTo(RestoreOutcome.Added));
        };
        Assert.That(await RestoreAsync("1.0.0", "one", Samples.Start), Is.EqualTo(RestoreOutcome.Unchanged));
        Assert.That((await IndexAsync()).Manifests, Has.Length.EqualTo(1));
    }

    [Test]
    public async Task A_lost_response_is_looked_up_and_not_taken_for_a_conflict()
    {
        faults.After = call =>
        {
            if (call.Operation != StorageOperation.PutDocument)
                return default;
            faults.After = null;
            throw new StorageException(StorageFault.Unavailable, "The response is lost.");
        };
        Assert.That(await RestoreAsync("1.0.0", "one", Samples.Start), Is.EqualTo(RestoreOutcome.Added));
        Assert.That((await IndexAsync()).Manifests, Has.Length.EqualTo(1));
    }

    [Test]
    public async Task A_digest_mismatch_leaves_nothing_behind()
    {
        var blob = Samples.TarGz("one");
        var refused = await Assert.ThrowsAsync<RegistryException>(
            async () =>
                await RestoreAsync(
                    Restored("1.0.0", Samples.Sha256("something else"), Samples.Start), blob, force: false));
        Assert.That(refused!.Code, Is.EqualTo(ErrorCode.InvalidParameters));
        Assert.That(await indexes.FindAsync(Name, default), Is.Null);
        Assert.That(storage.StoredBlobs, Is.Empty);
        Assert.That(storage.Staged, Is.Empty);
    }

    [Test]
    public async Task Force_replaces_a_different_release_and_keeps_its_channels()
    {
        await RestoreAsync("1.0.0", "one", Samples.Start);
        var channels = new ChannelRegistry(indexes, Samples.Events);
        await channels.AddAsync(Name, Samples.Channel("stable"), "1.0.0", Samples.Caller, default);
        var blob = Samples.TarGz("other");
        var restored = Restored("1.0.0", Digest.Parse(BackupEntry.DigestOf(blob)), Samples.Start.AddDays(2));
        Assert.That(await RestoreAsync(restored, blob, force: true), Is.EqualTo(RestoreOutcome.Replaced));
        var index = await IndexAsync();
        Assert.That(index.Manifests.Single().CreatedAt, Is.EqualTo(Samples.Start.AddDays(2)));
        Assert.That(index.CreatedAt, Is.EqualTo(Samples.Start));
        Assert.That(index.GetChannel(Samples.Channel("stable")).Current.Value, Is.EqualTo("1.0.0"));
    }

    [Test]
    public async Task All_channels_of_a_package_are_restored_in_one_write_and_again_in_none()
    {
        await RestoreAsync("1.0.0", "one", Samples.Start);
        await RestoreAsync("2.0.0", "two", Samples.Start);
        var (one, two) = (Release.Parse("1.0.0"), Release.Parse("2.0.0"));
        RestoredChannel[] restored =
        [
            new(Samples.Channel("a"), one, [one, two]),
            new(Samples.Channel("b"), null, [one, two]),
            new(Samples.Channel("c"), Release.Parse("9.0.0"), []),
        ];
        var writes = 0;
        faults.Before = call =>
        {
            writes += call.Operation == StorageOperation.PutDocument ? 1 : 0;
            return default;
        };
        var channels = new ChannelRegistry(indexes, Samples.Events);
        var index = await channels.RestoreAsync(Name, restored, Samples.Caller, default);
        Assert.That(
            index.Channels.Select(static channel => $"{channel.Name} {channel.Current}"),
            Is.EqualTo(new[] { "a 1.0.0", "b 2.0.0" }));
        await channels.RestoreAsync(Name, restored, Samples.Caller, default);
        Assert.That(writes, Is.EqualTo(1));
    }

    private static RestoredRelease Restored(string release, Digest content, DateTimeOffset createdAt) =>
        new(Name, Release.Parse(release), Samples.Type("helm"), createdAt, null, content);

    private Task<RestoreOutcome> RestoreAsync(string release, string content, DateTimeOffset createdAt)
    {
        var blob = Samples.TarGz(content);
        return RestoreAsync(Restored(release, Digest.Parse(BackupEntry.DigestOf(blob)), createdAt), blob, force: false);
    }

    private Task<RestoreOutcome> RestoreAsync(
        RestoredRelease restored, byte[] blob, bool force) => packages.RestoreAsync(
        restored,
        Digest.FromHash(System.Security.Cryptography.SHA256.HashData(blob)),
        (push, cancellationToken) => push.WriteAsync(blob, cancellationToken),
        force,
        Samples.Caller,
        default);

    private async Task<PackageIndex> IndexAsync() => (await indexes.GetAsync(Name, default)).State;
}
