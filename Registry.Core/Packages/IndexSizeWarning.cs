using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Registry.Core.Packages;

/// <summary>
/// Warns once when the index of a package comes close to a limit, and again only after the size has been below the
/// threshold in between.
/// </summary>
internal sealed partial class IndexSizeWarning(ILogger logger)
{
    /// <summary>The fraction of the limit at which it warns.</summary>
    private const double Threshold = 0.8;

    private readonly ConcurrentDictionary<(PackageName Package, string Limit), bool> warned = [];

    /// <summary>Compares a size with a limit.</summary>
    /// <param name="package">The package.</param>
    /// <param name="bytes">The size of its index, in bytes.</param>
    /// <param name="maxBytes">The limit, in bytes.</param>
    /// <param name="what">What is limited: "as stored" or "before compression".</param>
    public void Check(PackageName package, long bytes, long maxBytes, string what)
    {
        if (bytes < Threshold * maxBytes)
            warned.TryRemove((package, what), out _);
        else if (bytes <= maxBytes && warned.TryAdd((package, what), true))
            LogLarge(package, bytes, what, maxBytes);
    }

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "The index of {Package} takes {Bytes} bytes {What}, more than 80 % of the limit of {Limit} bytes: "
            + "delete releases or manifests before pushes are rejected")]
    private partial void LogLarge(PackageName package, long bytes, string what, long limit);
}
