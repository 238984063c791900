using System.Text;
using NUnit.Framework;
using Registry.Core.Maintenance;
using Registry.Core.Packages;
using Registry.Core.Storage;
using Registry.Tests.Support;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Unit.Maintenance;

[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class VerificationTests
{
    private const string App = "titi/rocketchat";

    private static readonly StoreKey AppKey = Samples.Package(App).Key;

    private readonly SmallRegistry registry = new();
    private readonly List<string> findings = [];

    [Test]
    public async Task An_intact_registry_has_no_findings()
    {
        await registry.PushAsync(App, "1.0.0", "first");
        await registry.PushAsync(App, "1.1.0", "first");
        await registry.PushAsync(App, "1.1.0", "second", "kpm");
        await registry.UploadAsync("http://github.com/me//app", "zip");

        var verification = New();
        Assert.That(await verification.RunAsync(default), Is.True, string.Join('\n', findings));
        Assert.That(
            (verification.Read.Packages, verification.Read.Archives, verification.Read.Blobs),
            Is.EqualTo((1L, 1L, 3L)));
        Assert.That(
            verification.Read.Bytes,
            Is.EqualTo(registry.Memory.StoredBlobs.Values.Sum(static blob => blob.Info.Length)));
        Assert.That((verification.Garbage.Blobs, verification.Findings), Is.EqualTo((0L, 0L)));
        Assert.That(verification.Progress, Is.EqualTo(new RunProgress("verified", 2, 2)));
    }

    [Test]
    public async Task Every_release_of_a_missing_blob_is_reported()
    {
        await registry.PushAsync(App, "1.0.0", "first");
        var lost = await registry.PushAsync(App, "1.1.0", "first", "kpm");
        await registry.PushAsync(App, "2.0.0", "sound");
        registry.Lose(SmallRegistry.KeyOf(App, lost));

        await AssertFindingsAsync(
            $"package {App} release 1.0.0 helm blob {lost.Content.StoredDigest}: is missing",
            $"package {App} release 1.1.0 kpm blob {lost.Content.StoredDigest}: is missing");
    }

    [Test]
    public async Task Damaged_bytes_are_found()
    {
        var release = await registry.PushAsync(App, "1.0.0", "first");
        registry.Damage(SmallRegistry.KeyOf(App, release));
        var archive = await registry.UploadAsync("", "zip");
        registry.Damage(archive, 1, 2);

        await AssertFindingsAsync(
            $"package {App} release 1.0.0 helm blob {release.Content.StoredDigest}: holds {release.Content.Size} "
                + "bytes with the sha256 ",
            $"archive archives/global/@{archive.Digest}: holds 2 bytes with the sha256 ");
    }

    [Test]
    public async Task A_blob_that_cannot_be_read_in_full_is_reported()
    {
        var release = await registry.PushAsync(App, "1.0.0", "first");
        registry.Faults.Before = call => call.Operation == StorageOperation.ReadBlob
            ? throw new StorageException(StorageFault.Corrupt, "A chunk is gone.")
            : default;
        await AssertFindingsAsync(
            $"package {App} release 1.0.0 helm blob {release.Content.StoredDigest}: cannot be read: A chunk is gone.");
    }

    [Test]
    public async Task A_manifest_must_match_its_blob()
    {
        var packed = Samples.TarGz("content");
        var blob = await registry.Memory.Blobs.CommitAsync(AppKey, packed, default);
        var plain = await registry.Memory.Blobs.CommitAsync(AppKey, "no gzip"u8.ToArray(), default);
        var sample = Samples.Manifest("1.0.0");
        var index = PackageIndex.With(
            null,
            Samples.Package(App),
            sample with { Content = sample.Content with { StoredDigest = blob.Key.Digest, Size = packed.Length } },
            force: false);
        index = PackageIndex.With(
            index,
            index.Name,
            Samples.Manifest("2.0.0") with
            {
                Content = sample.Content with { StoredDigest = blob.Key.Digest, Size = 7 }
            },
            force: false);
        index = PackageIndex.With(
            index,
            index.Name,
            Samples.Manifest("3.0.0") with
            {
                Content = sample.Content with { StoredDigest = plain.Key.Digest, Size = 7 }
            },
            force: false);
        await registry.Memory.Documents.TryPutAsync(AppKey, StoredIndex.Write(index), Precondition.Absent, default);

        await AssertFindingsAsync(
            $"package {App} release 1.0.0 helm blob {blob.Key.Digest}: unpacks to the digest ",
            $"package {App} release 2.0.0 helm blob {blob.Key.Digest}: has {packed.Length} bytes, but its manifest "
                + "says 7",
            $"package {App} release 3.0.0 helm blob {plain.Key.Digest}: is not a package: "
                + "The archive is not a gzip file.");
    }

    [Test]
    public async Task A_damaged_index_is_reported_and_its_blobs_are_not_garbage()
    {
        await registry.PushAsync(App, "1.0.0", "first");
        registry.Memory.StoredDocuments[AppKey] =
            registry.Memory.StoredDocuments[AppKey] with { Content = Encoding.UTF8.GetBytes("{\"schema\":1") };
        await registry.Memory.Documents.PutAsync(
            StoreKey.Of("packages", "a", "b", "c"), "{}", Precondition.Absent, default);

        var verification = await AssertFindingsAsync(
            $"package {App}: The stored index of {App} cannot be read", "key packages/a/b/c: is not the key of a "
                + "package");
        Assert.That(verification.Garbage.Blobs, Is.Zero);
    }

    [Test]
    public async Task Garbage_is_counted_and_is_not_a_finding()
    {
        await registry.PushAsync(App, "1.0.0", "first");
        var deleted = await registry.PushAsync(App, "2.0.0", "deleted");
        await registry.DeleteAsync(App, "2.0.0");
        var gone = await registry.PushAsync("a/gone", "1.0.0", "gone");
        await registry.DeleteAsync("a/gone", "1.0.0");
        registry.Damage(SmallRegistry.KeyOf("a/gone", gone));

        var verification = await AssertFindingsAsync();
        Assert.That(verification.Garbage.Blobs, Is.EqualTo(2));
        Assert.That(verification.Garbage.Bytes, Is.EqualTo(deleted.Content.Size + gone.Content.Size));
    }

    [TestCase(StorageOperation.ListDocuments)]
    [TestCase(StorageOperation.GetDocument)]
    [TestCase(StorageOperation.OpenBlob)]
    [TestCase(StorageOperation.ReadBlob)]
    [TestCase(StorageOperation.ListBlobs)]
    public async Task An_unavailable_storage_is_not_a_finding(StorageOperation operation)
    {
        await registry.PushAsync(App, "1.0.0", "first");
        registry.Faults.Before = call =>
            call.Operation == operation ? throw new StorageException(StorageFault.Unavailable, "not now") : default;
        Assert.That(
            async () => await New().RunAsync(default),
            Throws.TypeOf<StorageException>().With.Message.EqualTo("not now"));
        Assert.That(findings, Is.Empty);
    }

    [Test]
    public async Task Deleting_a_release_and_its_blob_during_verification_is_not_a_finding()
    {
        await registry.PushAsync(App, "1.0.0", "first");
        var deletedRelease = await registry.PushAsync(App, "2.0.0", "going");
        registry.Faults.Before = async call =>
        {
            if (call.Operation != StorageOperation.OpenBlob)
                return;
            registry.Faults.Before = null;
            await registry.DeleteAsync(App, "2.0.0");
            registry.Lose(SmallRegistry.KeyOf(App, deletedRelease));
        };
        await AssertFindingsAsync();
    }

    [Test]
    public async Task Deleting_or_replacing_an_archive_during_verification_is_not_a_finding()
    {
        var deletedArchive = await registry.UploadAsync("http://example.org/going", "zip");
        var renewed = await registry.UploadAsync("http://example.org/renewed", "zip");
        var reads = 0;
        registry.Faults.Before = async call =>
        {
            if (call.Operation != StorageOperation.ReadBlob || ++reads > 2)
                return;
            if (call.Key == deletedArchive.Value)
                registry.Lose(deletedArchive);
            else
                await registry.UploadAsync("http://example.org/renewed", "zip");
            throw new StorageException(StorageFault.Unavailable, "It was deleted or replaced while it was read.");
        };

        var verification = New(parallel: 1);
        Assert.That(await verification.RunAsync(default), Is.True, string.Join('\n', findings));
        Assert.That((verification.Read.Archives, reads), Is.EqualTo((1L, 4)), $"{renewed} was read again");
    }

    private async Task<Verification> AssertFindingsAsync(params string[] beginnings)
    {
        var verification = New();
        Assert.That(
            await verification.RunAsync(default), Is.EqualTo(beginnings.Length == 0), string.Join('\n', findings));
        Assert.That(findings, Has.Count.EqualTo(beginnings.Length), string.Join('\n', findings));
        Assert.That(verification.Findings, Is.EqualTo(beginnings.Length));
        foreach (var beginning in beginnings)
            Assert.That(findings, Has.One.StartsWith(beginning));
        return verification;
    }

    private Verification New(int parallel = 4) => new(registry.Storage, parallel, finding =>
    {
        lock (findings)
            findings.Add(finding.ToString());
    });
}
