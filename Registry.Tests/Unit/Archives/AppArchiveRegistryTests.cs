using System.Security.Cryptography;
using NUnit.Framework;
using Registry.Core.Archives;
using Registry.Core.Errors;
using Registry.Core.Storage;
using Registry.Tests.Support;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Unit.Archives;

public sealed class AppArchiveRegistryTests
{
    private readonly InMemoryStorage storage = new();
    private readonly StorageFaults faults = new();

    private AppArchiveRegistry Archives(long limit = 1000) =>
        new(
            new FaultyBlobStore(storage.Blobs, faults),
            new ArchiveLimits { MaxArchiveBytes = limit },
            Samples.Events);

    [SetUp]
    public void ResetFaults() => faults.Clear();

    [Test]
    public async Task An_archive_is_read_back_byte_for_byte()
    {
        var bytes = RandomNumberGenerator.GetBytes(200_000);
        var archive =
            await Archives(200_000).UploadAsync(In("http://h/bytes"), new MemoryStream(bytes), Samples.Caller, default);
        Assert.That(archive.Id, Is.EqualTo(Digest.FromHash(SHA256.HashData(bytes))));
        Assert.That(archive.Size, Is.EqualTo(bytes.Length));

        await using var reader = await Archives().OpenAsync(In("http://h/bytes"), archive.Id, ByteRange.All, default);
        var copy = new MemoryStream();
        await reader.Content.CopyToAsync(copy);
        Assert.That(copy.ToArray(), SameBytes.As(bytes));
        Assert.That(await Archives().FindAsync(In("http://h/bytes"), archive.Id, default), Is.EqualTo(archive));
    }

    [Test]
    public async Task An_upload_in_small_pieces_is_one_archive()
    {
        var bytes = RandomNumberGenerator.GetBytes(500);
        var archive = await Archives().UploadAsync(
            In("http://h/trickle"), new Trickle(bytes, bytes.Length), Samples.Caller, default);
        Assert.That(archive.Id, Is.EqualTo(Digest.FromHash(SHA256.HashData(bytes))));
    }

    [Test]
    public async Task Uploading_the_same_bytes_again_increases_the_generation()
    {
        var first = await Archives().UploadAsync(In("http://h/again"), new MemoryStream([1]), Samples.Caller, default);
        var second = await Archives().UploadAsync(In("http://h/again"), new MemoryStream([1]), Samples.Caller, default);
        Assert.That(second.Id, Is.EqualTo(first.Id));
        Assert.That(second.Generation, Is.GreaterThan(first.Generation));
    }

    [TestCase(1000, true)]
    [TestCase(1001, false)]
    public async Task The_limit_is_inclusive(int length, bool fits)
    {
        var workspace = In($"http://h/limit{length}");
        Task Upload() =>
            Archives().UploadAsync(workspace, new Trickle(new byte[length], length), Samples.Caller, default);
        if (fits)
            await Upload();
        else
            Assert.That(
                Upload, Throws.TypeOf<RegistryException>().With.Property("Code").EqualTo(ErrorCode.RequestTooLarge));
        Assert.That(await List(workspace), Has.Count.EqualTo(fits ? 1 : 0));
        Assert.That(faults.OpenWriters, Is.Zero);
    }

    [Test]
    public async Task An_empty_archive_is_refused()
    {
        Assert.That(
            () => Archives().UploadAsync(In("http://h/empty"), Stream.Null, Samples.Caller, default),
            Throws.TypeOf<RegistryException>().With.Property("Code").EqualTo(ErrorCode.InvalidUsage));
        Assert.That(await List(In("http://h/empty")), Is.Empty);
    }

    [Test]
    public async Task An_upload_to_a_deep_workspace_is_refused_but_existing_archives_stay_reachable()
    {
        var deepest = In($"http://h/{string.Join('/', Enumerable.Repeat("a", 31))}");
        var deeper = In($"http://h/{string.Join('/', Enumerable.Repeat("a", 32))}");
        await Archives().UploadAsync(deepest, new MemoryStream([1]), Samples.Caller, default);
        Assert.That(
            () => Archives().UploadAsync(deeper, new MemoryStream([1]), Samples.Caller, default),
            Throws.TypeOf<RegistryException>().With
                .Property("Code")
                .EqualTo(ErrorCode.InvalidUsage).And.Message
                .Contains("33 parts").And.Message
                .Contains("at most 32"));
        Assert.That(await List(deepest), Is.EqualTo(new[] { deepest.Name }));

        var anyDepth = new AppArchiveRegistry(
            storage.Blobs, new ArchiveLimits { MaxWorkspaceParts = 33 }, Samples.Events);
        var archive = await anyDepth.UploadAsync(deeper, new MemoryStream([1]), Samples.Caller, default);
        Assert.That(await List(deepest), Is.EqualTo(new[] { deepest.Name, deeper.Name }));
        Assert.That(await Archives().FindAsync(deeper, archive.Id, default), Is.EqualTo(archive));
        await using (var reader = await Archives().OpenAsync(deeper, archive.Id, ByteRange.All, default))
            Assert.That(await reader.Content.ReadAsync(new byte[2]), Is.EqualTo(1));
        await Archives().DeleteAsync(deeper, archive.Id, Samples.Caller, default);
        Assert.That(await List(deepest), Is.EqualTo(new[] { deepest.Name }));
    }

    [Test]
    public async Task An_interrupted_upload_leaves_nothing()
    {
        Assert.That(
            () =>
                Archives(100_000).UploadAsync(
                    In("http://h/broken"), new Trickle(new byte[100_000], 99_999), Samples.Caller, default),
            Throws.TypeOf<IOException>());
        Assert.That(await List(In("http://h/broken")), Is.Empty);
        Assert.That(faults.OpenWriters, Is.Zero);
    }

    [Test]
    public async Task A_cancelled_upload_leaves_nothing()
    {
        using var cancel = new CancellationTokenSource();
        var content = new Trickle(new byte[100_000], 100_000) { AfterRead = cancel.Cancel };
        Assert.That(
            () => Archives(100_000).UploadAsync(In("http://h/cancelled"), content, Samples.Caller, cancel.Token),
            Throws.InstanceOf<OperationCanceledException>());
        Assert.That(await List(In("http://h/cancelled")), Is.Empty);
        Assert.That(faults.OpenWriters, Is.Zero);
    }

    [Test]
    public async Task A_list_contains_the_workspace_and_everything_below_it()
    {
        foreach (var argument in (string[])[
            "http://list/a", "http://list/a/b", "http://list/ab", "http://list/", "http://other/a"
        ])
            await Archives().UploadAsync(In(argument), new MemoryStream([7]), Samples.Caller, default);
        Assert.That(await List(In("http://list/a")), Is.EqualTo(new[] { "list/a/", "list/a/b/" }));
        Assert.That(
            await List(In("http://list/")), Is.EquivalentTo(new[] { "list/", "list/a/", "list/a/b/", "list/ab/" }));
    }

    [Test]
    public async Task A_workspace_cannot_access_another()
    {
        var archive =
            await Archives().UploadAsync(In("http://reach/a/b"), new MemoryStream([1, 2, 3]), Samples.Caller, default);
        Assert.That(await Archives().FindAsync(In("http://reach/a"), archive.Id, default), Is.Null);
        Assert.That(
            async () => await Archives().OpenAsync(In("http://reach/a"), archive.Id, ByteRange.All, default),
            Throws.TypeOf<RegistryException>().With.Property("Code").EqualTo(ErrorCode.ArchiveNotFound));
        Assert.That(
            () => Archives().DeleteAsync(In("http://reach/a"), archive.Id, Samples.Caller, default),
            Throws.TypeOf<RegistryException>().With.Property("Code").EqualTo(ErrorCode.ArchiveNotFound));
        Assert.That(await Archives().FindAsync(In("http://reach/a/b"), archive.Id, default), Is.Not.Null);
    }

    [Test]
    public async Task A_deleted_archive_is_gone()
    {
        var archive =
            await Archives().UploadAsync(In("http://delete/a"), new MemoryStream([1]), Samples.Caller, default);
        await Archives().DeleteAsync(In("http://delete/a"), archive.Id, Samples.Caller, default);
        Assert.That(await Archives().FindAsync(In("http://delete/a"), archive.Id, default), Is.Null);
        Assert.That(
            () => Archives().DeleteAsync(In("http://delete/a"), archive.Id, Samples.Caller, default),
            Throws.TypeOf<RegistryException>().With.Property("Code").EqualTo(ErrorCode.ArchiveNotFound));
    }

    [Test]
    public void A_storage_fault_is_never_not_found()
    {
        faults.FailAll(new StorageException(StorageFault.Unavailable, "down"));
        var id = Digest.FromHash(SHA256.HashData([1]));
        Assert.That(() => Archives().FindAsync(In("global"), id, default), Throws.TypeOf<StorageException>());
        Assert.That(
            async () => await Archives().OpenAsync(In("global"), id, ByteRange.All, default),
            Throws.TypeOf<StorageException>());
        Assert.That(
            () => Archives().DeleteAsync(In("global"), id, Samples.Caller, default), Throws.TypeOf<StorageException>());
    }

    private async Task<List<string>> List(Workspace workspace)
    {
        var names = new List<string>();
        await foreach (var archive in Archives().ListAsync(workspace, Samples.Caller, default))
            names.Add(archive.Workspace.Name);
        return names;
    }

    private static Workspace In(string argument) =>
        Workspace.TryDerive(argument, out var workspace) ? workspace : throw new AssertionException(argument);

    /// <summary>Returns at most seven bytes per read, and fails at an offset.</summary>
    private sealed class Trickle(byte[] bytes, int breaksAt) : MemoryStream(bytes)
    {
        public Action? AfterRead { get; init; }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (Position >= breaksAt && breaksAt < Length)
                throw new IOException("The client hung up.");
            var read = Read(buffer.Span[..(int)Math.Min(Math.Min(7, buffer.Length), breaksAt - Position)]);
            AfterRead?.Invoke();
            return ValueTask.FromResult(read);
        }
    }
}
