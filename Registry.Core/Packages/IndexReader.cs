using System.Collections.Concurrent;
using Registry.Core.Content;
using Registry.Core.Storage;

namespace Registry.Core.Packages;

/// <summary>
/// Reads package indexes. What was read or written before is not transferred and parsed again: storage is asked for the revision alone, and asked
/// each time, so that no answer is older than its question.
/// </summary>
/// <param name="documents">Where they are stored.</param>
/// <param name="options">How much of what was read is kept.</param>
/// <param name="limits">How long an index may be.</param>
internal sealed class IndexReader(IDocumentStore documents, IndexCacheOptions options, IndexLimits limits)
{
    /// <summary>
    /// How many bytes of metadata an index may gather that did not come from its stored form. Above it, the next read takes
    /// all of them from there, compressed.
    /// </summary>
    private const long MaxOwnMetadataBytes = 1024 * 1024;

    /// <summary>What kept metadata take beside their bytes: the objects, the key, and the cache's own.</summary>
    private const int MetadataEntryBytes = 300;

    private readonly IndexCache cache = new(options.MaxBytes - options.MaxMetadataBytes);

    /// <summary>
    /// Metadata that were unpacked, by the index that they lie in and their place in it. The key does not hold that index in memory.
    /// </summary>
    private readonly SecondChanceCache<(object Index, long Start), RawJson> unpacked = new(options.MaxMetadataBytes);

    /// <summary>What is being parsed: who reads the same revision meanwhile waits for it.</summary>
    private readonly ConcurrentDictionary<(PackageName, Revision), Task<PackageSnapshot>> parsing = [];

    /// <summary>The most bytes that an index may unpack to.</summary>
    public long MaxBytes => limits.MaxBytes;

    /// <summary>Reads a package: null when there is none. That there is none is never remembered.</summary>
    /// <param name="name">The package.</param>
    /// <param name="told">The revision of its last change, as the storage has just told it, which may have been a delete; null to ask for it.</param>
    /// <param name="ct">Cancels the call.</param>
    /// <exception cref="StorageException">The storage did not answer, or the index is damaged.</exception>
    public async ValueTask<PackageSnapshot?> FindAsync(PackageName name, Revision? told, CancellationToken ct)
    {
        var key = StoreKeys.Package(name);
        if (cache.Find(name) is { } kept)
        {
            var current = told ?? await documents.StatAsync(key, ct);
            if (current == kept.Revision)
                return kept;
            if (current is null)
            {
                cache.Forget(name);
                return null;
            }
        }

        if (await documents.GetAsync(key, ct) is { } document)
            return await ReadAsync(name, document);
        cache.Forget(name);
        return null;
    }

    /// <summary>Keeps what was just stored, so that whoever comes next need not read it.</summary>
    /// <param name="index">The index.</param>
    /// <param name="content">Its stored form.</param>
    /// <param name="revision">The revision that storage gave it.</param>
    public void Keep(PackageIndex index, ReadOnlySpan<byte> content, Revision revision)
    {
        if (index.Manifests.Sum(static manifest => (long)(manifest.Metadata?.Own.Length ?? 0)) > MaxOwnMetadataBytes)
            cache.Forget(index.Name);
        else
            cache.Keep(PackageSnapshot.Of(index, content, revision));
    }

    /// <summary>Reads the index that a document holds, and keeps nothing.</summary>
    /// <exception cref="StorageException"><see cref="StorageFault.Corrupt"/>.</exception>
    public PackageSnapshot Parse(PackageName name, Document document) => PackageSnapshot.Read(name, document, limits.MaxBytes);

    /// <summary>Reads metadata; null for none. To unpack them takes up to some milliseconds, so they are kept.</summary>
    public RawJson? ReadMetadata(Metadata? metadata)
    {
        using var reader = new MetadataReader();
        if (metadata?.Packed is not { } packed)
            return reader.Read(metadata);
        var key = (packed.Identity, metadata.Start);
        if (unpacked.Find(key) is { } kept)
            return kept;
        var json = reader.Read(metadata)!;
        unpacked.Keep(key, json, json.Utf8.Length + MetadataEntryBytes);
        return json;
    }

    /// <summary>Forgets a package that was just deleted.</summary>
    public void Forget(PackageName name) => cache.Forget(name);

    private Task<PackageSnapshot> ReadAsync(PackageName name, Document document)
    {
        if (cache.Find(name) is { } kept && kept.Revision == document.Revision)
            return Task.FromResult(kept);
        var own = new TaskCompletionSource<PackageSnapshot>(TaskCreationOptions.RunContinuationsAsynchronously);
        var shared = parsing.GetOrAdd((name, document.Revision), own.Task);
        if (shared != own.Task)
            return shared;
        try
        {
            var snapshot = Parse(name, document);
            cache.Keep(snapshot);
            own.SetResult(snapshot);
        }
        catch (Exception damage)
        {
            own.SetException(damage);
        }
        finally
        {
            parsing.TryRemove((name, document.Revision), out _);
        }

        return own.Task;
    }
}
