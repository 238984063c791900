using Microsoft.Net.Http.Headers;

namespace Registry.Api.Http;

/// <summary>What the conditional headers of a request decide (RFC 9110, 13.2.2; nothing here has a date of last change).</summary>
internal enum Conditional
{
    /// <summary>Answer as if there were none.</summary>
    Proceed,

    /// <summary>304: the client has it.</summary>
    NotModified,

    /// <summary>412: the client asked for another one.</summary>
    Failed,
}

/// <summary>Judges <c>If-Match</c> and <c>If-None-Match</c> of GET and HEAD.</summary>
internal static class ConditionalHeaders
{
    /// <summary>Makes a strong entity tag of text that contains no quote: a digest.</summary>
    public static string Quote(string text) => $"\"{text}\"";

    /// <summary>Judges the request against what is there.</summary>
    /// <param name="request">A GET or HEAD. A header that is no list of entity tags counts as absent.</param>
    /// <param name="entityTag">The strong entity tag of the answer, quotes included.</param>
    public static Conditional Judge(HttpRequest request, string entityTag)
    {
        var headers = request.Headers;
        if (headers.IfMatch.Count > 0 && EntityTagHeaderValue.TryParseList(headers.IfMatch, out var wanted) && !Contains(wanted, entityTag, strong: true))
            return Conditional.Failed;
        if (headers.IfNoneMatch.Count == 0)
            return Conditional.Proceed;
        return headers.IfNoneMatch == entityTag
            || (EntityTagHeaderValue.TryParseList(headers.IfNoneMatch, out var known) && Contains(known, entityTag, strong: false))
            ? Conditional.NotModified
            : Conditional.Proceed;
    }

    private static bool Contains(IList<EntityTagHeaderValue> tags, string entityTag, bool strong)
    {
        var own = new EntityTagHeaderValue(entityTag);
        foreach (var tag in tags)
            if (tag.Equals(EntityTagHeaderValue.Any) || own.Compare(tag, strong))
                return true;
        return false;
    }
}
