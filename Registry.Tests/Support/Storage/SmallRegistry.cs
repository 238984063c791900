using Registry.Core.Archives;
using Registry.Core.Documents;
using Registry.Core.Maintenance;
using Registry.Core.Packages;
using Registry.Core.Storage;

namespace Registry.Tests.Support.Storage;

/// <summary>An in-memory registry, filled by its own use cases, with injected storage faults.</summary>
internal sealed class SmallRegistry
{
    private readonly PackageRegistry packages;
    private readonly ChannelRegistry channels;
    private readonly AppArchiveRegistry archives;

    public SmallRegistry()
    {
        Memory = new InMemoryStorage(Time);
        Storage = new RegistryStorage(
            new FaultyDocumentStore(Memory.Documents, Faults), new FaultyBlobStore(Memory.Blobs, Faults));
        var indexes = new PackageIndexes(Memory.Documents, TimeProvider.System, new UpdateOptions());
        packages = Samples.Registry(indexes, Memory.Blobs, time: Time);
        channels = new ChannelRegistry(indexes, Samples.Events);
        archives = new AppArchiveRegistry(Memory.Blobs, new ArchiveLimits(), Samples.Events);
    }

    public ShiftedTime Time { get; } = new();

    public StorageFaults Faults { get; } = new();

    /// <summary>The storage without faults.</summary>
    public InMemoryStorage Memory { get; }

    /// <summary>The storage with faults.</summary>
    public RegistryStorage Storage { get; }

    public Task<Manifest> PushAsync(
        string package, string release, string content, string type = "helm", bool force = false) =>
        Samples.PushAsync(packages, Samples.Package(package), release, content, type, force);

    public async Task DeleteAsync(string package, string release)
    {
        var name = Samples.Package(package);
        await packages.DeleteAsync(name, release, "helm", Samples.Caller, default);
    }

    public Task AddToChannelAsync(string package, string channel, string release) =>
        channels.AddAsync(Samples.Package(package), Samples.Channel(channel), release, Samples.Caller, default);

    public async Task<BlobKey> UploadAsync(string workspace, string content)
    {
        if (!Workspace.TryDerive(workspace, out var derived))
            throw new ArgumentException(workspace);
        var archive =
            await archives.UploadAsync(
                derived,
                new MemoryStream(System.Text.Encoding.UTF8.GetBytes(content)),
                Samples.Caller,
                default);
        return new BlobKey(derived.Scope, archive.Id);
    }

    /// <summary>Returns the blob key of a manifest.</summary>
    public static BlobKey KeyOf(
        string package, Manifest manifest) => new(Samples.Package(package).Key, manifest.Content.StoredDigest);

    /// <summary>
    /// Replaces the bytes of a blob directly, keeping its name, revision and times, as bit rot does.
    /// </summary>
    public void Damage(BlobKey key, params byte[] bytes)
    {
        lock (Memory.Gate)
        {
            var stored = Memory.StoredBlobs[key];
            Memory.StoredBlobs[key] = new StoredBlob(stored.Info with { Length = bytes.Length }, [bytes]);
        }
    }

    /// <summary>Flips a bit of a blob.</summary>
    public void Damage(BlobKey key)
    {
        var bytes = Memory.StoredBlobs[key].Chunks.SelectMany(static chunk => chunk.ToArray()).ToArray();
        bytes[bytes.Length / 2] ^= 1;
        Damage(key, bytes);
    }

    /// <summary>Removes a blob directly, without the storage.</summary>
    public void Lose(BlobKey key)
    {
        lock (Memory.Gate)
            Memory.StoredBlobs.Remove(key);
    }

    /// <summary>
    /// Returns all stored data as text for comparison: documents with their bytes, blobs with their bytes and times.
    /// </summary>
    public IReadOnlyList<string> Contents() =>
    [
        .. Memory.StoredDocuments.OrderBy(static entry => entry.Key)
            .Select(static entry => $"{entry.Key} {Convert.ToHexString(entry.Value.Content.Span)}"),
        .. Memory.StoredBlobs.OrderBy(static entry => entry.Key).Select(static entry =>
            $"{entry.Key} {entry.Value.Info.UploadedAt:O} "
                + $"{string.Concat(entry.Value.Chunks.Select(static chunk => Convert.ToHexString(chunk.Span)))}"),
    ];

    /// <summary>Returns the blobs that an index references but that do not exist.</summary>
    public IEnumerable<BlobKey> Dangling() =>
        from entry in Memory.StoredDocuments
        where PackageName.TryParse(entry.Key, out _)
        from manifest in IndexOf(entry.Key, entry.Value).Manifests
        let key = new BlobKey(entry.Key, manifest.Content.StoredDigest)
        where !Memory.StoredBlobs.ContainsKey(key)
        select key;

    private static PackageIndex IndexOf(StoreKey key, Document document) =>
        PackageName.TryParse(key, out var package)
            ? StoredIndex.Read(package, document.Content)
            : throw new ArgumentException(key.Value);
}
