using Registry.Core.Content;
using Registry.Core.Documents;
using Registry.Core.Errors;
using Registry.Core.Storage;

namespace Registry.Core.Packages;

/// <summary>The package indexes in storage.</summary>
/// <param name="documents">Where they are stored.</param>
/// <param name="time">The clock of pauses and bounds.</param>
/// <param name="options">How long changes are attempted.</param>
/// <param name="cache">How much of what was read is kept; null for the defaults.</param>
/// <param name="limits">How large an index may be; null for the defaults.</param>
public sealed class PackageIndexes(
    IDocumentStore documents,
    TimeProvider time,
    UpdateOptions options,
    IndexCacheOptions? cache = null,
    IndexLimits? limits = null)
    : DocumentSet<PackageName, PackageIndex>(
        documents,
        new PackageIndexCodec(limits ?? new IndexLimits()),
        time,
        options,
        (cache ?? new IndexCacheOptions()).MaxIndexBytes)
{
    /// <summary>What kept metadata take beside their bytes: the objects, the key, and the entry in the cache.</summary>
    private const int MetadataEntryBytes = 300;

    /// <summary>
    /// Metadata that were unpacked, by the index that they lie in and their place in it. The key does not hold that
    /// index in memory.
    /// </summary>
    private readonly SecondChanceCache<(object Index, long Start), RawJson> unpacked =
        new((cache ?? new IndexCacheOptions()).MaxMetadataBytes);

    /// <summary>
    /// As <see cref="DocumentSet{TKey, TState}.FindAsync(TKey, CancellationToken)"/>, for a package that must exist.
    /// </summary>
    /// <exception cref="RegistryException">
    /// <see cref="ErrorCode.PackageNotFound"/>; nothing but the package is named in it.
    /// </exception>
    /// <exception cref="StorageException">The storage did not answer, or the index is damaged.</exception>
    public async ValueTask<DocumentSnapshot<PackageIndex>> GetAsync(
        PackageName name, CancellationToken cancellationToken) =>
        await FindAsync(name, cancellationToken) ?? throw PackageErrors.PackageNotFound(name.Value);

    /// <summary>
    /// Reads metadata; null for none. Unpacking takes up to some milliseconds, so the result is kept.
    /// </summary>
    internal RawJson? ReadMetadata(Metadata? metadata)
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
}
