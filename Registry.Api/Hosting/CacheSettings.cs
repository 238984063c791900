using Registry.Core.Packages;

namespace Registry.Api.Hosting;

/// <summary>Section <c>Cache</c>: how much memory may be spent to read less. No setting makes an answer older.</summary>
public sealed class CacheSettings
{
    /// <summary>The most memory for package indexes in their parsed form, in bytes as estimated; 0 keeps none.</summary>
    /// <value>Default 64 MiB.</value>
    public long IndexBytes { get; set; } = 64L << 20;

    /// <summary>The most memory for contents of at most 64 KiB, in bytes as estimated; 0 keeps none.</summary>
    /// <value>Default 32 MiB.</value>
    public long ContentBytes { get; set; } = 32L << 20;

    internal IndexCacheOptions Indexes => new() { MaxBytes = IndexBytes };

    internal ContentCacheOptions Contents => new() { MaxBytes = ContentBytes };

    internal IEnumerable<string> Errors() =>
        from setting in new[] { (Name: nameof(IndexBytes), Value: IndexBytes), (Name: nameof(ContentBytes), Value: ContentBytes) }
        where setting.Value < 0
        select $"Cache:{setting.Name} is {setting.Value}; it must be 0 or above.";
}
