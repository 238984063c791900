using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using Registry.Api.Http.Errors;

namespace Registry.Api.Http;

/// <summary>
/// Evaluates <c>If-Match</c>, <c>If-None-Match</c> and, for a response with <c>Last-Modified</c>,
/// <c>If-Unmodified-Since</c> and <c>If-Modified-Since</c> of GET and HEAD (RFC 9110, 13.2.2).
/// </summary>
internal static class ConditionalHeaders
{
    /// <summary>Returns the strong entity tag of a text without quotes, such as a digest.</summary>
    public static string Quote(string text) => $"\"{text}\"";

    /// <summary>
    /// Responds with 304 or 412 if a condition of the request requires it.
    /// </summary>
    /// <param name="http">A GET or HEAD request. A header that is not a list of entity tags is ignored.</param>
    /// <param name="entityTag">The strong entity tag of the response, with quotes.</param>
    /// <param name="headers">
    /// Other headers of a 304. A <c>Last-Modified</c> among them is compared with the dates of the request.
    /// </param>
    /// <returns>True if the response was written; false if the caller must send the resource.</returns>
    public static ValueTask<bool> TryRespondAsync(
        HttpContext http, string entityTag, params IReadOnlyList<(string Name, string Value)> headers)
    {
        var request = http.Request.Headers;
        if (request.IfMatch.Count > 0
            ? IsOther(request.IfMatch, entityTag)
            : IsAfter(headers, request.IfUnmodifiedSince))
            return RejectAsync(http);
        if (request.IfNoneMatch.Count > 0
            ? !IsKnown(request.IfNoneMatch, entityTag)
            : !IsBefore(headers, request.IfModifiedSince))
            return ValueTask.FromResult(false);
        Describe(http.Response, entityTag, headers);
        http.Response.StatusCode = StatusCodes.Status304NotModified;
        return ValueTask.FromResult(true);
    }

    /// <summary>Sets the headers that a 304 shares with the full response.</summary>
    public static void Describe(
        HttpResponse response, string entityTag, params IReadOnlyList<(string Name, string Value)> headers)
    {
        response.Headers.ETag = entityTag;
        foreach (var (name, value) in headers)
            response.Headers[name] = value;
    }

    /// <summary>Returns the <c>Last-Modified</c> header of a resource whose URL always has the same bytes.</summary>
    public static (string Name, string Value) LastModified(DateTimeOffset time) =>
        (HeaderNames.LastModified, HeaderUtilities.FormatDate(time));

    private static async ValueTask<bool> RejectAsync(HttpContext http)
    {
        await ErrorWriter.WriteAsync(http, StatusCodes.Status412PreconditionFailed);
        return true;
    }

    private static bool IsBefore(IReadOnlyList<(string Name, string Value)> headers, StringValues date) =>
        TryCompare(headers, date, out var order) && order <= 0;

    private static bool IsAfter(IReadOnlyList<(string Name, string Value)> headers, StringValues date) =>
        TryCompare(headers, date, out var order) && order > 0;

    /// <summary>
    /// Compares the <c>Last-Modified</c> of a response, in whole seconds, with the date of a condition. False if either
    /// is missing.
    /// </summary>
    private static bool TryCompare(IReadOnlyList<(string Name, string Value)> headers, StringValues date, out int order)
    {
        order = 0;
        if (date.Count != 1 || !HeaderUtilities.TryParseDate(date.ToString(), out var asked))
            return false;
        foreach (var (name, value) in headers)
            if (name == HeaderNames.LastModified && HeaderUtilities.TryParseDate(value, out var modified))
            {
                order = modified.CompareTo(asked);
                return true;
            }

        return false;
    }

    private static bool IsOther(StringValues ifMatch, string entityTag) =>
        ifMatch.Count > 0
            && EntityTagHeaderValue.TryParseList(ifMatch, out var wanted)
            && !Contains(wanted, entityTag, strong: true);

    private static bool IsKnown(StringValues ifNoneMatch, string entityTag) =>
        ifNoneMatch.Count > 0
        && (ifNoneMatch == entityTag
            || (EntityTagHeaderValue.TryParseList(ifNoneMatch, out var known)
                && Contains(known, entityTag, strong: false)));

    private static bool Contains(IList<EntityTagHeaderValue> tags, string entityTag, bool strong)
    {
        var own = new EntityTagHeaderValue(entityTag);
        foreach (var tag in tags)
            if (tag.Equals(EntityTagHeaderValue.Any) || own.Compare(tag, strong))
                return true;
        return false;
    }
}
