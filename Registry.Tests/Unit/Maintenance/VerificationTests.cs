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
    private readonly List<string> told = [];

    [Test]
    public async Task A_sound_registry_has_no_fault()
    {
        await registry.PushAsync(App, "1.0.0", "first");
        await registry.PushAsync(App, "1.1.0", "first");
        await registry.PushAsync(App, "1.1.0", "second", "kpm");
        await registry.UploadAsync("http://github.com/me//app", "zip");

        var verification = New();
        Assert.That(await verification.RunAsync(default), Is.True, string.Join('\n', told));
        Assert.That(
            (verification.Read.Packages, verification.Read.Archives, verification.Read.Blobs),
            Is.EqualTo((1L, 1L, 3L)));
        Assert.That(
            verification.Read.Bytes,
            Is.EqualTo(registry.Memory.StoredBlobs.Values.Sum(static blob => blob.Info.Length)));
        Assert.That((verification.Garbage.Blobs, verification.Findings), Is.EqualTo((0L, 0L)));
    }

    [Test]
    public async Task Every_release_of_a_lost_blob_is_named()
    {
        await registry.PushAsync(App, "1.0.0", "first");
        var lost = await registry.PushAsync(App, "1.1.0", "first", "kpm");
        await registry.PushAsync(App, "2.0.0", "sound");
        registry.Lose(SmallRegistry.KeyOf(App, lost));

        await DemandFaultsAsync(
            $"package {App} release 1.0.0 helm blob {lost.Content.StoredDigest}: is missing",
            $"package {App} release 1.1.0 kpm blob {lost.Content.StoredDigest}: is missing");
    }

    [Test]
    public async Task Rotten_bytes_are_found()
    {
        var release = await registry.PushAsync(App, "1.0.0", "first");
        registry.Damage(SmallRegistry.KeyOf(App, release));
        var archive = await registry.UploadAsync("", "zip");
        registry.Damage(archive, 1, 2);

        await DemandFaultsAsync(
            $"package {App} release 1.0.0 helm blob {release.Content.StoredDigest}: holds {release.Content.Size} "
                + "bytes with the sha256 ",
            $"archive archives/global/@{archive.Digest}: holds 2 bytes with the sha256 ");
    }

    [Test]
    public async Task A_blob_that_its_storage_cannot_give_whole_is_damaged()
    {
        var release = await registry.PushAsync(App, "1.0.0", "first");
        registry.Faults.Before = call => call.Operation == StorageOperation.ReadBlob
            ? throw new StorageException(StorageFault.Corrupt, "A chunk is gone.")
            : default;
        await DemandFaultsAsync(
            $"package {App} release 1.0.0 helm blob {release.Content.StoredDigest}: cannot be read: A chunk is gone.");
    }

    [Test]
    public async Task A_manifest_must_say_what_its_blob_is()
    {
        var packed = Samples.TarGz("content");
        var blob = await registry.Memory.Blobs.CommitAsync(AppKey, packed, default);
        var plain = await registry.Memory.Blobs.CommitAsync(AppKey, "no gzip"u8.ToArray(), default);
        var sample = Samples.Manifest("1.0.0");
        var index = PackageIndex.With(
            null, Samples.Package(
                App), sample with
                {
                    Content = sample.Content with { StoredDigest = blob.Key.Digest, Size = packed.Length }
                }, false);
        index = PackageIndex.With(
            index, index.Name, Samples.Manifest("2.0.0") with
            {
                Content = sample.Content with { StoredDigest = blob.Key.Digest, Size = 7 }
            }, false);
        index = PackageIndex.With(
            index, index.Name, Samples.Manifest("3.0.0") with
            {
                Content = sample.Content with { StoredDigest = plain.Key.Digest, Size = 7 }
            }, false);
        await registry.Memory.Documents.TryPutAsync(AppKey, StoredIndex.Write(index), Precondition.Absent, default);

        await DemandFaultsAsync(
            $"package {App} release 1.0.0 helm blob {blob.Key.Digest}: unpacks to the digest ",
            $"package {App} release 2.0.0 helm blob {blob.Key.Digest}: has {packed.Length} bytes, and its manifest "
                + "says 7",
            $"package {App} release 3.0.0 helm blob {plain.Key.Digest}: is no package: The blob is not a gzip.");
    }

    [Test]
    public async Task Every_index_must_be_readable_and_the_blobs_of_a_damaged_one_are_no_garbage()
    {
        await registry.PushAsync(App, "1.0.0", "first");
        registry.Memory.StoredDocuments[AppKey] =
            registry.Memory.StoredDocuments[AppKey] with { Content = Encoding.UTF8.GetBytes("{\"schema\":1") };
        await registry.Memory.Documents.PutAsync(
            StoreKey.Of("packages", "a", "b", "c"), "{}", Precondition.Absent, default);

        var verification = await DemandFaultsAsync(
            $"package {App}: The stored index of {App} cannot be read", "key packages/a/b/c: is not the key of a "
                + "package");
        Assert.That(verification.Garbage.Blobs, Is.Zero);
    }

    [Test]
    public async Task Garbage_is_counted_and_is_no_fault()
    {
        await registry.PushAsync(App, "1.0.0", "first");
        var deleted = await registry.PushAsync(App, "2.0.0", "deleted");
        await registry.DeleteAsync(App, "2.0.0");
        var gone = await registry.PushAsync("a/gone", "1.0.0", "gone");
        await registry.DeleteAsync("a/gone", "1.0.0");
        registry.Damage(SmallRegistry.KeyOf("a/gone", gone));

        var verification = await DemandFaultsAsync();
        Assert.That(verification.Garbage.Blobs, Is.EqualTo(2));
        Assert.That(verification.Garbage.Bytes, Is.EqualTo(deleted.Content.Size + gone.Content.Size));
    }

    [TestCase(StorageOperation.ListDocuments)]
    [TestCase(StorageOperation.GetDocument)]
    [TestCase(StorageOperation.OpenBlob)]
    [TestCase(StorageOperation.ReadBlob)]
    [TestCase(StorageOperation.ListBlobs)]
    public async Task A_storage_that_does_not_answer_is_no_damage(StorageOperation operation)
    {
        await registry.PushAsync(App, "1.0.0", "first");
        registry.Faults.Before = call =>
            call.Operation == operation ? throw new StorageException(StorageFault.Unavailable, "not now") : default;
        Assert.That(
            async () => await New().RunAsync(default),
            Throws.TypeOf<StorageException>().With.Message.EqualTo("not now"));
        Assert.That(told, Is.Empty);
    }

    [Test]
    public async Task A_release_that_is_deleted_with_its_blob_under_the_reader_is_no_fault()
    {
        await registry.PushAsync(App, "1.0.0", "first");
        var going = await registry.PushAsync(App, "2.0.0", "going");
        registry.Faults.Before = async call =>
        {
            if (call.Operation != StorageOperation.OpenBlob)
                return;
            registry.Faults.Before = null;
            await registry.DeleteAsync(App, "2.0.0");
            registry.Lose(SmallRegistry.KeyOf(App, going));
        };
        await DemandFaultsAsync();
    }

    [Test]
    public async Task An_archive_that_is_deleted_or_uploaded_again_under_the_reader_is_no_fault()
    {
        var going = await registry.UploadAsync("http://example.org/going", "zip");
        var renewed = await registry.UploadAsync("http://example.org/renewed", "zip");
        var reads = 0;
        registry.Faults.Before = async call =>
        {
            if (call.Operation != StorageOperation.ReadBlob || ++reads > 2)
                return;
            if (call.Key == going.Value)
                registry.Lose(going);
            else
                await registry.UploadAsync("http://example.org/renewed", "zip");
            throw new StorageException(StorageFault.Unavailable, "It was deleted or replaced while it was read.");
        };

        var verification = New(parallel: 1);
        Assert.That(await verification.RunAsync(default), Is.True, string.Join('\n', told));
        Assert.That((verification.Read.Archives, reads), Is.EqualTo((1L, 4)), $"{renewed} was read again");
    }

    private async Task<Verification> DemandFaultsAsync(params string[] beginnings)
    {
        var verification = New();
        Assert.That(await verification.RunAsync(default), Is.EqualTo(beginnings.Length == 0), string.Join('\n', told));
        Assert.That(told, Has.Count.EqualTo(beginnings.Length), string.Join('\n', told));
        Assert.That(verification.Findings, Is.EqualTo(beginnings.Length));
        foreach (var beginning in beginnings)
            Assert.That(told, Has.One.StartsWith(beginning));
        return verification;
    }

    private Verification New(int parallel = 4) => new(registry.Storage, parallel, finding =>
    {
        lock (told)
            told.Add(finding.ToString());
    });
}
