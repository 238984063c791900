using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Registry.Core.Content;
using Registry.Core.Documents;
using Registry.Core.Errors;
using Registry.Core.Storage;

namespace Registry.Core.Packages;

/// <summary>The package indexes.</summary>
/// <param name="documents">The storage of the indexes.</param>
/// <param name="time">The clock for pauses and time limits.</param>
/// <param name="options">The time limits of updates.</param>
/// <param name="cache">The size of the cache; null for the default.</param>
/// <param name="limits">The size limit of an index; null for the default.</param>
/// <param name="logger">The log of warnings; null for none.</param>
public sealed class PackageIndexes(
    IDocumentStore documents,
    TimeProvider time,
    UpdateOptions options,
    IndexCacheOptions? cache = null,
    IndexLimits? limits = null,
    ILogger<PackageIndexes>? logger = null)
    : DocumentSet<PackageName, PackageIndex>(
        documents,
        new PackageIndexCodec(
            limits ?? new IndexLimits(), new IndexSizeWarning(logger ?? NullLogger<PackageIndexes>.Instance)),
        time,
        options,
        (cache ?? new IndexCacheOptions()).MaxIndexBytes)
{
    /// <summary>The overhead of cached metadata, in bytes: the objects, the key, and the entry in the cache.</summary>
    private const int MetadataEntryBytes = 300;

    /// <summary>
    /// Decompressed metadata, by their index and their offset in it. The key does not keep the index in memory.
    /// </summary>
    private readonly SecondChanceCache<(object Index, long Start), RawJson> unpacked =
        new((cache ?? new IndexCacheOptions()).MaxMetadataBytes);

    /// <summary>How the cache of decompressed metadata has been used.</summary>
    public CacheUsage MetadataUsage => unpacked.Usage;

    /// <summary>
    /// Reads the index of an existing package: see
    /// <see cref="DocumentSet{TKey, TState}.FindAsync(TKey, CancellationToken)"/>.
    /// </summary>
    /// <exception cref="RegistryException">
    /// <see cref="ErrorCode.PackageNotFound"/>, which names the package only.
    /// </exception>
    /// <exception cref="StorageException">The storage failed, or the index is damaged.</exception>
    public async ValueTask<DocumentSnapshot<PackageIndex>> GetAsync(
        PackageName name, CancellationToken cancellationToken) =>
        await FindAsync(name, cancellationToken) ?? throw PackageErrors.PackageNotFound(name.Value);

    /// <summary>
    /// Reads metadata; null for none. Decompression can take milliseconds, so the result is cached.
    /// </summary>
    internal RawJson? ReadMetadata(Metadata? metadata)
    {
        using var reader = new ReleaseMetadataReader();
        if (metadata?.Packed is not { } packed)
            return reader.Read(metadata);
        var key = (packed.Identity, metadata.Start);
        if (unpacked.Find(key) is { } cached)
            return cached;
        var json = reader.Read(metadata)!;
        unpacked.Set(key, json, json.Utf8.Length + MetadataEntryBytes);
        return json;
    }
}
