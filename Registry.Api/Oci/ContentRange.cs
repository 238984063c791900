using System.Globalization;
using System.Text.RegularExpressions;
using Registry.Core.Errors;

namespace Registry.Api.Oci;

/// <summary>
/// The place of a chunk in its upload. OCI writes the header without a unit and without the total: <c>0-1023</c>.
/// </summary>
/// <param name="First">The number of the first byte, from 0.</param>
/// <param name="Last">The number of the last byte.</param>
internal readonly partial record struct ContentRange(long First, long Last)
{
    /// <summary>The number of bytes.</summary>
    public long Length => Last - First + 1;

    /// <summary>Returns the range of a request; null when it has none.</summary>
    /// <exception cref="RegistryException"><see cref="ErrorCode.InvalidSize"/>: the header is malformed.</exception>
    public static ContentRange? Of(HttpRequest request)
    {
        if (request.Headers.ContentRange.Count == 0)
            return null;
        var header = request.Headers.ContentRange.ToString();
        return Header.Match(header) is { Success: true } match
            && TryParse(match.Groups[1].ValueSpan, out var first)
            && TryParse(match.Groups[2].ValueSpan, out var last)
            && first <= last
            && last < long.MaxValue
                ? new ContentRange(first, last)
                : throw OciErrors.InvalidContentRange(header);
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{First}-{Last}");

    private static bool TryParse(ReadOnlySpan<char> digits, out long number) =>
        long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out number);

    [GeneratedRegex(@"^([0-9]+)-([0-9]+)\z")]
    private static partial Regex Header { get; }
}
