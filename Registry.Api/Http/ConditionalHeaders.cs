using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using Registry.Api.Http.Errors;

namespace Registry.Api.Http;

/// <summary>
/// Judges <c>If-Match</c>, <c>If-None-Match</c> and, where the answer has a <c>Last-Modified</c>,
/// <c>If-Unmodified-Since</c> and <c>If-Modified-Since</c> of GET and HEAD, and answers where they decide (RFC 9110,
/// 13.2.2).
/// </summary>
internal static class ConditionalHeaders
{
    /// <summary>Makes a strong entity tag of text that contains no quote: a digest.</summary>
    public static string Quote(string text) => $"\"{text}\"";

    /// <summary>
    /// Answers 304 where the client has what is there, 412 where it asked for something else, and nothing where it is
    /// to be sent.
    /// </summary>
    /// <param name="http">A GET or HEAD. A header that is no list of entity tags counts as absent.</param>
    /// <param name="entityTag">The strong entity tag of the answer, quotes included.</param>
    /// <param name="headers">What a 304 says beside the tag. A <c>Last-Modified</c> among them is judged.</param>
    /// <returns>True where the answer is written; false where the caller writes it.</returns>
    public static ValueTask<bool> TryAnswerAsync(
        HttpContext http, string entityTag, params IReadOnlyList<(string Name, string Value)> headers)
    {
        var request = http.Request.Headers;
        if (request.IfMatch.Count > 0
            ? IsOther(request.IfMatch, entityTag)
            : IsAfter(headers, request.IfUnmodifiedSince))
            return RefuseAsync(http);
        if (request.IfNoneMatch.Count > 0
            ? !IsKnown(request.IfNoneMatch, entityTag)
            : !IsBefore(headers, request.IfModifiedSince))
            return ValueTask.FromResult(false);
        Describe(http.Response, entityTag, headers);
        http.Response.StatusCode = StatusCodes.Status304NotModified;
        return ValueTask.FromResult(true);
    }

    /// <summary>Sets what a 304 says as well as the answer that it stands for.</summary>
    public static void Describe(
        HttpResponse response, string entityTag, params IReadOnlyList<(string Name, string Value)> headers)
    {
        response.Headers.ETag = entityTag;
        foreach (var (name, value) in headers)
            response.Headers[name] = value;
    }

    /// <summary>The <c>Last-Modified</c> of an answer whose address always stands for the same bytes.</summary>
    public static (string Name, string Value) LastModified(DateTimeOffset time) =>
        (HeaderNames.LastModified, HeaderUtilities.FormatDate(time));

    private static async ValueTask<bool> RefuseAsync(HttpContext http)
    {
        await ErrorWriter.WriteAsync(http, ErrorTable.OfStatus(StatusCodes.Status412PreconditionFailed));
        return true;
    }

    private static bool IsBefore(IReadOnlyList<(string Name, string Value)> headers, StringValues date) =>
        TryCompare(headers, date, out var order) && order <= 0;

    private static bool IsAfter(IReadOnlyList<(string Name, string Value)> headers, StringValues date) =>
        TryCompare(headers, date, out var order) && order > 0;

    /// <summary>
    /// Compares the <c>Last-Modified</c> of an answer, in whole seconds, with the date of a condition; false without
    /// one of them.
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
