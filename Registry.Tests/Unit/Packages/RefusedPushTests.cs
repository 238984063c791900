using NUnit.Framework;
using Registry.Core.Documents;
using Registry.Core.Errors;
using Registry.Core.Packages;
using Registry.Core.Storage;
using Registry.Core.Versions;
using Registry.Tests.Support;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Unit.Packages;

/// <summary>What a push leaves behind if its release was not stored, or may not have been.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class RefusedPushTests
{
    private static readonly PackageName Name = Samples.Package();

    private readonly InMemoryStorage storage = new();
    private readonly StorageFaults faults = new();
    private readonly PackageRegistry packages;
    private readonly PackageRegistry otherReplica;

    public RefusedPushTests()
    {
        packages =
            Packages(new FaultyDocumentStore(storage.Documents, faults), new FaultyBlobStore(storage.Blobs, faults));
        otherReplica = Packages(storage.Documents, storage.Blobs);
    }

    [TestCase(StorageFault.Full)]
    [TestCase(StorageFault.Denied)]
    public void A_push_refused_by_the_storage_leaves_no_blob(StorageFault fault)
    {
        BeforePut(() => throw new StorageException(fault, "refused"));
        Assert.That(
            async () => await PushAsync(packages, "1.0.0", "a"),
            Throws.TypeOf<StorageException>().With.Property("Kind").EqualTo(fault));
        Assert.That(storage.StoredBlobs, Is.Empty);
    }

    [Test]
    public async Task A_push_reads_the_index_once()
    {
        var calls = new List<StorageOperation>();
        faults.Before = call =>
        {
            if (call.Key == Name.Key.Value
                && call.Operation is StorageOperation.GetDocument
                    or StorageOperation.StatDocument
                    or StorageOperation.EnsureDurable
                    or StorageOperation.PutDocument)
                calls.Add(call.Operation);
            return default;
        };
        await PushAsync(packages, "1.0.0", "a");
        Assert.That(calls, Is.EqualTo(new[] { StorageOperation.GetDocument, StorageOperation.PutDocument }));
        calls.Clear();
        await PushAsync(packages, "2.0.0", "b");
        Assert.That(calls, Is.EqualTo(new[] { StorageOperation.StatDocument, StorageOperation.PutDocument }));
    }

    [Test]
    public async Task A_push_whose_read_is_outdated_reads_again()
    {
        await PushAsync(packages, "1.0.0", "a");
        BeforePut(() => PushAsync(otherReplica, "2.0.0", "b"));
        await PushAsync(packages, "3.0.0", "c");
        foreach (var (release, content) in ((string, string)[])[("1.0.0", "a"), ("2.0.0", "b"), ("3.0.0", "c")])
            await AssertPullsAsync(release, content);
    }

    [Test]
    public void A_push_that_loses_to_another_push_of_its_release_leaves_no_blob()
    {
        BeforePut(() => PushAsync(otherReplica, "1.0.0", "other"));
        AssertRefused(ErrorCode.PackageExists);
        Assert.That(
            storage.StoredBlobs.Keys.Single().Digest, Is.EqualTo(StorageShortcuts.DigestOf(Samples.TarGz("other"))));
    }

    [Test]
    public async Task A_push_that_loses_to_another_push_of_the_same_bytes_keeps_its_blob()
    {
        BeforePut(() => PushAsync(otherReplica, "1.0.0", "a"));
        AssertRefused(ErrorCode.PackageExists);
        await AssertPullsAsync("1.0.0", "a");
    }

    [Test]
    public async Task A_push_that_loses_every_race_leaves_no_blob()
    {
        await PushAsync(otherReplica, "0.1.0", "old");
        var key = Name.Key;
        faults.Before = async call =>
        {
            if (call.Operation == StorageOperation.PutDocument)
                await storage.Documents.TryPutAsync(
                    key, (await storage.Documents.GetAsync(key, default))!.Content, Precondition.None, default);
        };
        AssertRefused(ErrorCode.ResourceInUse);
        Assert.That(
            storage.StoredBlobs.Keys.Single().Digest, Is.EqualTo(StorageShortcuts.DigestOf(Samples.TarGz("old"))));
    }

    [Test]
    public async Task A_refused_push_keeps_a_blob_that_existed_before()
    {
        await PushAsync(otherReplica, "1.0.0", "a");
        BeforePut(() => throw new StorageException(StorageFault.Full, "full"));
        Assert.That(async () => await PushAsync(packages, "2.0.0", "a"), Throws.TypeOf<StorageException>());
        await AssertPullsAsync("1.0.0", "a");
    }

    [Test]
    public async Task A_refused_push_that_restored_the_lost_blob_of_a_release_keeps_it()
    {
        await PushAsync(otherReplica, "1.0.0", "a");
        storage.StoredBlobs.Clear();
        BeforePut(() => throw new StorageException(StorageFault.Full, "full"));
        Assert.That(async () => await PushAsync(packages, "2.0.0", "a"), Throws.TypeOf<StorageException>());
        await AssertPullsAsync("1.0.0", "a");
    }

    [Test]
    public async Task A_push_whose_outcome_is_unknown_keeps_its_blob()
    {
        var isPut = false;
        faults.After = call =>
        {
            isPut |= call.Operation == StorageOperation.PutDocument;
            return isPut ? throw new StorageException(StorageFault.Unavailable, "no response") : default;
        };
        AssertRefused(ErrorCode.Unavailable);
        await AssertPullsAsync("1.0.0", "a");
    }

    [Test]
    public async Task A_refusal_after_a_write_without_a_response_keeps_the_blob()
    {
        await PushAsync(otherReplica, "0.1.0", "old");
        StorageException[] faultsInOrder =
            [new(StorageFault.Unavailable, "no response"), new(StorageFault.Full, "full")];
        var puts = 0;
        faults.Before = call => call.Operation == StorageOperation.PutDocument ? throw faultsInOrder[puts++] : default;
        AssertRefused(ErrorCode.Unavailable);
        Assert.That(puts, Is.EqualTo(2));
        Assert.That(storage.StoredBlobs, Has.Count.EqualTo(2));
    }

    [Test]
    public void A_push_during_which_the_epoch_ends_reports_that_nothing_was_stored()
    {
        storage.Epoch = new StorageEpoch("1");
        BeforePut(() =>
        {
            storage.Epoch = new StorageEpoch("2");
            return Task.CompletedTask;
        });
        Assert.That(
            async () => await PushAsync(packages, "1.0.0", "a"),
            Throws.TypeOf<RegistryException>().With
                .Property("Code")
                .EqualTo(ErrorCode.Unavailable).And.Message
                .Contains("Nothing was stored"));
        Assert.That(storage.StoredDocuments, Is.Empty);
    }

    [Test]
    public void A_blob_that_cannot_be_removed_does_not_hide_why_the_push_was_refused()
    {
        faults.Before = call => call.Operation switch
        {
            StorageOperation.PutDocument => throw new StorageException(StorageFault.Full, "full"),
            StorageOperation.DeleteBlob => throw new StorageException(StorageFault.Unavailable, "no response"),
            _ => default,
        };
        Assert.That(
            async () => await PushAsync(packages, "1.0.0", "a"),
            Throws.TypeOf<StorageException>().With.Property("Kind").EqualTo(StorageFault.Full));
    }

    private static PackageRegistry Packages(IDocumentStore documents, IBlobStore blobs) =>
        Samples.Registry(
            new PackageIndexes(
                documents, TimeProvider.System, new UpdateOptions { Bound = TimeSpan.FromMilliseconds(100) }),
            blobs);

    /// <summary>Runs an action once, right before the first write of an index.</summary>
    private void BeforePut(Func<Task> act) => faults.Before = async call =>
    {
        if (call.Operation != StorageOperation.PutDocument)
            return;
        faults.Before = null;
        await act();
    };

    private static Task<Manifest> PushAsync(PackageRegistry registry, string release, string content) =>
        Samples.PushAsync(registry, Name, release, content);

    private void AssertRefused(ErrorCode code)
    {
        Assert.That(
            async () => await PushAsync(packages, "1.0.0", "a"),
            Throws.TypeOf<RegistryException>().With.Property("Code").EqualTo(code));
        faults.Clear();
    }

    private async Task AssertPullsAsync(string release, string content)
    {
        var index = (await otherReplica.GetAsync(Name, default)).State;
        await using var reader = await otherReplica.OpenAsync(
            Name, index.Find(Release.Parse(release), Samples.Type("helm"))!, ByteRange.All, default);
        Assert.That(await reader.Content.ReadAllAsync(default), Is.EqualTo(Samples.TarGz(content)));
    }
}
