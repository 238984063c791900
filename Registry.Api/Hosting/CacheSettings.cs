using Registry.Core.Catalog;
using Registry.Core.Packages;

namespace Registry.Api.Hosting;

/// <summary>
/// Section <c>Cache</c>: the memory for caches. Cached data is never stale.
/// </summary>
public sealed class CacheSettings : ISettings
{
    /// <summary>
    /// The most memory for parsed package indexes, in estimated bytes; 0 disables the cache.
    /// </summary>
    /// <value>Default 64 MiB.</value>
    public long IndexBytes { get; set; } = new IndexCacheOptions().MaxBytes;

    /// <summary>The most memory for blobs of at most 64 KiB, in estimated bytes; 0 disables the cache.</summary>
    /// <value>Default 32 MiB.</value>
    public long ContentBytes { get; set; } = new ContentCacheOptions().MaxBytes;

    /// <summary>
    /// The most memory for the entries and the compressed indexes of Helm repositories, in estimated bytes; 0 disables
    /// the cache.
    /// </summary>
    /// <value>Default 64 MiB.</value>
    public long ChartBytes { get; set; } = new ChartIndexOptions().MaxBytes;

    internal IndexCacheOptions Indexes => new() { MaxBytes = IndexBytes };

    internal ContentCacheOptions Contents => new() { MaxBytes = ContentBytes };

    internal ChartIndexOptions Charts => new() { MaxBytes = ChartBytes };

    /// <inheritdoc/>
    public IEnumerable<string> Errors() =>
        from size in new (string Name, long Value)[]
        {
            ("CACHE__INDEXBYTES", IndexBytes),
            ("CACHE__CONTENTBYTES", ContentBytes),
            ("CACHE__CHARTBYTES", ChartBytes),
        }
        where size.Value < 0
        select $"{size.Name} is {size.Value}; it must be 0 or above.";
}
