using Registry.Core.Packages;

namespace Registry.Api.Hosting;

/// <summary>
/// Section <c>Cache</c>: how much memory may be spent to read less. No setting makes an answer older.
/// </summary>
public sealed class CacheSettings
{
    /// <summary>
    /// The most memory for package indexes in their parsed form, in bytes as estimated; 0 keeps none.
    /// </summary>
    /// <value>Default 64 MiB.</value>
    public long IndexBytes { get; set; } = new IndexCacheOptions().MaxBytes;

    /// <summary>The most memory for contents of at most 64 KiB, in bytes as estimated; 0 keeps none.</summary>
    /// <value>Default 32 MiB.</value>
    public long ContentBytes { get; set; } = new ContentCacheOptions().MaxBytes;

    internal IndexCacheOptions Indexes => new() { MaxBytes = IndexBytes };

    internal ContentCacheOptions Contents => new() { MaxBytes = ContentBytes };
}
