using Microsoft.Net.Http.Headers;
using Registry.Core.Storage;

namespace Registry.Api.Http;

/// <summary>The part of a blob that a request asks for (RFC 9110, 14). Several ranges select the whole.</summary>
/// <param name="Bytes">The range to send; null if the requested range does not exist (416).</param>
/// <param name="IsPart">True for 206.</param>
internal readonly record struct RequestedRange(ByteRange? Bytes, bool IsPart)
{
    private static RequestedRange Whole => new(ByteRange.All, false);

    /// <summary>Returns the range of a request.</summary>
    /// <param name="request">The request. Only GET has ranges; a malformed header is ignored.</param>
    /// <param name="total">The length of the whole, in bytes.</param>
    /// <param name="entityTag">
    /// The strong entity tag of the whole, which <c>If-Range</c> must equal for the range to apply.
    /// </param>
    public static RequestedRange Of(HttpRequest request, long total, string entityTag)
    {
        if (request.Headers.Range.Count == 0 || !HttpMethods.IsGet(request.Method)
            || !RangeHeaderValue.TryParse(request.Headers.Range.ToString(), out var header)
            || !header.Unit.Equals("bytes", StringComparison.OrdinalIgnoreCase) || header.Ranges.Count != 1)
            return Whole;
        if (request.Headers.IfRange.Count > 0 && request.Headers.IfRange != entityTag)
            return Whole;

        var range = header.Ranges.First();
        var (from, to) = range.From is { } first
            ? (first, Math.Min(range.To ?? long.MaxValue, total - 1))
            : (Math.Max(0, total - range.To!.Value), total - 1);
        return from > to
            ? new RequestedRange(null, false)
            : new RequestedRange(new ByteRange(from, to - from + 1), true);
    }
}
