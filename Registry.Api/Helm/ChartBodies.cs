using Registry.Core.Catalog;
using Registry.Core.Documents;

namespace Registry.Api.Helm;

/// <summary>
/// Caches compressed lists of charts: compression takes longer than everything else. They are found by their entity
/// tag, so none can be outdated.
/// </summary>
/// <param name="options">The memory of the cache.</param>
internal sealed class ChartBodies(ChartIndexOptions options)
{
    /// <summary>The maximum size of a cached body, in bytes.</summary>
    public const int MaxBodyBytes = 4 << 20;

    /// <summary>The overhead of a body, in bytes: the objects, the key, and the entry in the cache.</summary>
    private const int OverheadBytes = 500;

    private readonly SecondChanceCache<string, Body> cache = new(options.MaxBodyBytes);

    /// <summary>How the cache has been used.</summary>
    public CacheUsage Usage => cache.Usage;

    /// <summary>Finds a body; null when it is not cached.</summary>
    /// <param name="key">The path and the entity tag.</param>
    public ReadOnlyMemory<byte>? Find(string key) => cache.Find(key)?.Bytes;

    /// <summary>Caches a body.</summary>
    /// <param name="key">The path and the entity tag.</param>
    /// <param name="bytes">The encoded bytes, which are not modified any more.</param>
    public void Set(string key, ReadOnlyMemory<byte> bytes) =>
        cache.Set(key, new Body(bytes), bytes.Length + OverheadBytes + (2 * key.Length));

    private sealed record Body(ReadOnlyMemory<byte> Bytes);
}
