using Registry.Core.Packages;

namespace Registry.Api.Hosting;

/// <summary>Section <c>Cache</c>: how much memory may be spent to read less. No setting makes an answer older.</summary>
public sealed class CacheSettings
{
    /// <summary>The most memory for package indexes in their parsed form, in bytes as estimated; 0 keeps none.</summary>
    /// <value>Default 64 MiB.</value>
    public long IndexBytes { get; set; } = 64L << 20;

    internal IndexCacheOptions ToOptions() => new() { MaxBytes = IndexBytes };

    internal IEnumerable<string> Errors() => IndexBytes >= 0 ? [] : [$"Cache:IndexBytes is {IndexBytes}; it must be 0 or above."];
}
