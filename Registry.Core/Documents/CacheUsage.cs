namespace Registry.Core.Documents;

/// <summary>How a cache has been used since the start of the process.</summary>
/// <param name="Hits">The number of requests that the cache answered.</param>
/// <param name="Misses">The number of requests that it could not answer.</param>
/// <param name="HeldBytes">The size of its entries, in estimated bytes.</param>
/// <param name="MaxBytes">The limit of that size, in bytes.</param>
public readonly record struct CacheUsage(long Hits, long Misses, long HeldBytes, long MaxBytes);
