using Microsoft.Net.Http.Headers;

namespace Registry.Api.Http;

/// <summary>Strong entity tags and the condition that reads put on them.</summary>
internal static class EntityTags
{
    /// <summary>A strong tag of a text that holds neither quotes nor control characters.</summary>
    public static EntityTagHeaderValue Of(string text) => new($"\"{text}\"");

    /// <summary>Whether <c>If-None-Match</c> names this tag (weak comparison, RFC 9110 section 13.1.2), so that the answer is 304.</summary>
    public static bool IsNotModified(HttpRequest request, EntityTagHeaderValue tag)
    {
        var header = request.Headers.IfNoneMatch;
        if (header.Count == 0 || !EntityTagHeaderValue.TryParseList(header, out var known))
            return false;
        foreach (var one in known)
            if (one.Equals(EntityTagHeaderValue.Any) || one.Compare(tag, useStrongComparison: false))
                return true;
        return false;
    }
}
