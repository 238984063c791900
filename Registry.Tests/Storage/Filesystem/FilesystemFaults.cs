using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Storage.Filesystem;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Storage.Filesystem;

/// <summary>Faults of a folder: clocks that step back, files changed by hand, and a folder that disappears.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed partial class FilesystemFaults : IAsyncDisposable
{
    private static readonly StoreKey Sample = StoreKey.Of("packages", "sample", "app");
    private static readonly byte[] Small = StorageShortcuts.Bytes(1_000);

    private readonly CancellationToken cancellationToken = new CancellationTokenSource(TimeSpan.FromMinutes(1)).Token;
    private readonly FilesystemUnderTest storage = new();
    private IDocumentStore documents = null!;
    private IBlobStore blobs = null!;

    [SetUp]
    public async Task Open() => (documents, blobs, _) = await storage.OpenAsync();

    public ValueTask DisposeAsync() => storage.DisposeAsync();

    [Test]
    public async Task A_document_is_a_plain_file()
    {
        await documents.PutAsync(Sample, "{}", Precondition.Absent, cancellationToken);
        Assert.That(
            await File.ReadAllTextAsync(
                storage.Below("documents", "packages", "sample", "app@.json"), cancellationToken),
            Is.EqualTo("{}"));
        var info = await blobs.CommitAsync(Sample, Small, cancellationToken);
        Assert.That(
            new FileInfo(storage.Below("blobs", "packages", "sample", "app", $"@{info.Key.Digest}")).Length,
            Is.EqualTo(Small.Length));
        Assert.That(Directory.GetFiles(storage.Below("staging")), Is.Empty);
    }

    [Test]
    public async Task A_truncated_blob_is_corrupt_and_never_a_short_stream()
    {
        var bytes = StorageShortcuts.Bytes(100_000);
        var info = await blobs.CommitAsync(Sample, bytes, cancellationToken);
        await using var reader = await blobs.OpenAsync(info.Key, ByteRange.All, cancellationToken);
        using (var file =
            new FileStream(storage.Below("blobs", "packages", "sample", "app", $"@{info.Key.Digest}"), FileMode.Open))
            file.SetLength(60_000);
        Assert.That(
            async () => await reader!.Content.ReadAllAsync(cancellationToken),
            Throws.InstanceOf<StorageException>().With
                .Property(nameof(StorageException.Kind))
                .EqualTo(StorageFault.Corrupt));
    }

    [Test]
    public async Task A_document_file_above_the_maximum_size_is_corrupt()
    {
        await documents.PutAsync(Sample, "{}", Precondition.Absent, cancellationToken);
        using (var file = new FileStream(storage.Below("documents", "packages", "sample", "app@.json"), FileMode.Open))
            file.SetLength(Document.MaxBytes + 1);
        await AssertFaultAsync(StorageFault.Corrupt, async () => await documents.GetAsync(Sample, cancellationToken));
        await AssertFaultAsync(StorageFault.Corrupt, async () => await documents.StatAsync(Sample, cancellationToken));
    }

    [Test]
    public async Task Foreign_files_are_not_listed()
    {
        await documents.PutAsync(Sample, "{}", Precondition.Absent, cancellationToken);
        var info = await blobs.CommitAsync(
            Sample, Small, new DateTimeOffset(2017, 1, 1, 0, 0, 0, TimeSpan.Zero), cancellationToken);
        foreach (var name in (string[])[
            "README", "notes.txt", "x@.json~", ".hidden@.json", "Upper@.json", $"@{info.Key.Digest}.part", "@short"
        ])
        {
            await File.WriteAllTextAsync(
                storage.Below("documents", "packages", "sample", name), "foreign", cancellationToken);
            await File.WriteAllTextAsync(
                storage.Below("blobs", "packages", "sample", "app", name), "foreign", cancellationToken);
        }

        Directory.CreateDirectory(storage.Below("documents", "packages", "Foreign", "folder"));
        Directory.CreateDirectory(storage.Below("documents", "packages", "sample", "folder@.json"));
        Assert.That(
            await documents.KeysAsync(StoreKeys.Packages, null, cancellationToken), Is.EqualTo(new[] { Sample.Value }));
        Assert.That(
            await blobs.InfosAsync(StoreKeys.Packages, ScopeDepth.Subtree, null, cancellationToken),
            Is.EqualTo(new[] { info }));
    }

    [Test]
    public async Task A_symbolic_link_is_neither_read_nor_listed()
    {
        await documents.PutAsync(Sample, "{}", Precondition.Absent, cancellationToken);
        var outside = storage.Below("outside");
        Directory.CreateDirectory(outside);
        await File.WriteAllTextAsync(Path.Combine(outside, "secret@.json"), "secret", cancellationToken);
        File.CreateSymbolicLink(
            storage.Below("documents", "packages", "sample", "link@.json"), Path.Combine(outside, "secret@.json"));
        Directory.CreateSymbolicLink(storage.Below("documents", "packages", "linked"), outside);
        await AssertFaultAsync(
            StorageFault.Corrupt,
            async () => await documents.GetAsync(StoreKey.Of("packages", "sample", "link"), cancellationToken));
        await AssertFaultAsync(
            StorageFault.Corrupt,
            async () => await documents.StatAsync(StoreKey.Of("packages", "sample", "link"), cancellationToken));
        Assert.That(
            await documents.KeysAsync(StoreKeys.Packages, null, cancellationToken), Is.EqualTo(new[] { Sample.Value }));
    }

    [Test]
    public async Task A_command_that_only_reads_rejects_a_symbolic_link_in_place_of_a_folder()
    {
        await documents.PutAsync(Sample, "{}", Precondition.Absent, cancellationToken);
        await blobs.CommitAsync(Sample, Small, TimeProvider.System.GetUtcNow(), cancellationToken);
        var options = new FilesystemOptions { Path = storage.Path, ReadOnly = true };
        var readOnly = new FilesystemVolume(options, TimeProvider.System);
        foreach (var (tree, list) in ((string, Func<Task>)[])[
            ("documents", () =>
                new FilesystemDocumentStore(readOnly).KeysAsync(StoreKeys.Packages, null, cancellationToken)),
            ("blobs", () => new FilesystemBlobStore(readOnly)
                .InfosAsync(StoreKeys.Packages, ScopeDepth.Subtree, null, cancellationToken)),
        ])
        {
            await list();
            var (link, target) = (storage.Below(tree, "packages", "sample"), storage.Below($"moved-{tree}"));
            Directory.Move(link, target);
            Directory.CreateSymbolicLink(link, target);
            var fault = await Assert.ThrowsAsync<StorageException>(list);
            Assert.That(fault!.Kind, Is.EqualTo(StorageFault.Corrupt));
            Assert.That(fault.Message, Does.StartWith($"'{link}' is a symbolic link"));
        }
    }

    [Test]
    public async Task A_read_only_volume_creates_and_changes_nothing()
    {
        var path = storage.Below("nothing");
        var volume = new FilesystemVolume(new FilesystemOptions { Path = path, ReadOnly = true }, TimeProvider.System);
        var readOnly = new FilesystemDocumentStore(volume);
        await AssertFaultAsync(
            StorageFault.Unavailable, async () => await readOnly.GetAsync(Sample, cancellationToken));
        Assert.That(Directory.Exists(path), Is.False);

        var revision = await documents.PutAsync(Sample, "{}", Precondition.Absent, cancellationToken);
        var options = new FilesystemOptions { Path = storage.Path, ReadOnly = true };
        volume = new FilesystemVolume(options, TimeProvider.System);
        readOnly = new FilesystemDocumentStore(volume);
        var readOnlyBlobs = new FilesystemBlobStore(volume);
        Assert.That((await readOnly.GetAsync(Sample, cancellationToken))!.Revision, Is.EqualTo(revision));
        await AssertFaultAsync(
            StorageFault.Denied,
            async () => await readOnly.PutAsync(Sample, "{}", Precondition.None, cancellationToken));
        await AssertFaultAsync(
            StorageFault.Denied,
            async () => await readOnly.TryDeleteAsync(Sample, Precondition.None, cancellationToken));
        await AssertFaultAsync(
            StorageFault.Denied, async () => await readOnlyBlobs.CreateAsync(Sample, cancellationToken));
    }

    [Test]
    public async Task The_probe_accepts_a_volume_that_supports_times_and_locks_and_leaves_no_files()
    {
        var probe = new FilesystemProbe(storage.NewVolume());
        await probe.ProbeAsync(cancellationToken);
        Assert.That(probe.Name, Is.EqualTo("filesystem"));
        Assert.That(Directory.GetFiles(storage.Path, "*", SearchOption.AllDirectories), Is.Empty);
    }

    private static async Task AssertFaultAsync(StorageFault kind, Func<Task> call)
    {
        var failure = await Assert.ThrowsAsync<StorageException>(() => call());
        Assert.That(failure!.Kind, Is.EqualTo(kind), failure.Message);
    }
}
