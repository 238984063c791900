using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Net.Http.Headers;
using Registry.Api.Http.Errors;

namespace Registry.Api.Oci;

/// <summary>
/// The response to a range whose first byte is after its last, such as <c>bytes=500-0</c>. RFC 9110 lets a server
/// ignore it, which the framework does; OCI's conformance suite expects 416.
/// </summary>
/// <param name="length">The length of the blob, in bytes.</param>
internal sealed partial class ReversedRange(long length) : IActionResult
{
    /// <summary>Whether a GET request has such a range.</summary>
    public static bool IsIn(HttpRequest request) =>
        request.Headers.Range.Count == 1
        && HttpMethods.IsGet(request.Method)
        && Range.Match(request.Headers.Range.ToString()) is { Success: true } range
        && IsNumber(range.Groups[1].ValueSpan, out var first)
        && IsNumber(range.Groups[2].ValueSpan, out var last)
        && first > last;

    /// <inheritdoc/>
    public Task ExecuteResultAsync(ActionContext context) => ErrorWriter.WriteAsync(
        context.HttpContext,
        StatusCodes.Status416RangeNotSatisfiable,
        (HeaderNames.ContentRange, $"bytes */{length}"));

    private static bool IsNumber(ReadOnlySpan<char> digits, out UInt128 number) =>
        UInt128.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out number);

    [GeneratedRegex(@"^bytes *= *([0-9]{1,38}) *- *([0-9]{1,38}) *\z", RegexOptions.IgnoreCase)]
    private static partial Regex Range { get; }
}
