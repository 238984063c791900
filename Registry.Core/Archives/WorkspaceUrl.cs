using System.Buffers;

namespace Registry.Core.Archives;

/// <summary>
/// Splits a URL exactly as <c>urlparse</c> of Python 2.7 does. The KAR reference derives workspaces with it, so its
/// handling of unusual input determines the names of stored archives.
/// </summary>
internal static class WorkspaceUrl
{
    private static readonly SearchValues<char> SchemeChars =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.");

    /// <summary>
    /// The schemes whose last path segment may end in <c>;params</c>, including no scheme; with any other, a semicolon
    /// is part of the path.
    /// </summary>
    private static readonly string[] SchemesWithParams =
        [
            "", "ftp", "hdl", "prospero", "http", "imap", "https", "shttp", "rtsp", "rtspu", "sip", "sips", "mms",
            "sftp", "tel"
        ];

    /// <summary>Splits a URL.</summary>
    /// <param name="url">Any text.</param>
    /// <param name="host">The host in lower case, without user, password and port; empty when there is none.</param>
    /// <param name="path">
    /// The path as written, without query, fragment and the parameters of its last segment; may be empty.
    /// </param>
    /// <returns>False when Python raises an error: for an unmatched bracket in the authority.</returns>
    public static bool TrySplit(string url, out string host, out string path)
    {
        (host, path) = ("", "");
        var schemeLength = SchemeLength(url);
        var scheme = schemeLength < 0 ? "" : url[..schemeLength].ToLowerInvariant();
        var rest = url.AsSpan(schemeLength + 1);
        var authority = ReadOnlySpan<char>.Empty;
        if (rest.StartsWith("//"))
        {
            rest = rest[2..];
            var end = rest.IndexOfAny('/', '?', '#');
            authority = end < 0 ? rest : rest[..end];
            rest = rest[authority.Length..];
            if (authority.Contains('[') != authority.Contains(']'))
                return false;
        }

        rest = Until(Until(rest, '#'), '?');
        if (SchemesWithParams.Contains(scheme))
        {
            var lastSegment = rest.LastIndexOf('/') + 1;
            rest = rest[..(lastSegment + Until(rest[lastSegment..], ';').Length)];
        }

        host = Lower(HostOf(authority));
        path = rest.ToString();
        return true;
    }

    /// <summary>
    /// Returns the index of the colon after the scheme; -1 for no scheme. <c>name:8080</c> is a host with a port and
    /// has none, except that <c>http</c> is always a scheme.
    /// </summary>
    private static int SchemeLength(ReadOnlySpan<char> url)
    {
        var colon = url.IndexOf(':');
        if (colon <= 0 || url[..colon] is "http")
            return colon > 0 ? colon : -1;
        var rest = url[(colon + 1)..];
        return url[..colon].ContainsAnyExcept(SchemeChars)
            || (!rest.IsEmpty && !rest.ContainsAnyExceptInRange('0', '9')) ? -1 : colon;
    }

    private static ReadOnlySpan<char> HostOf(ReadOnlySpan<char> authority)
    {
        var host = authority[(authority.LastIndexOf('@') + 1)..];
        if (!host.Contains('[') || !host.Contains(']'))
            return Until(host, ':');
        var address = Until(host, ']');
        return address.IsEmpty ? address : address[1..];
    }

    /// <summary>
    /// Converts to lower case as Python does. .NET differs in one letter only: it leaves the dotted capital I
    /// unchanged.
    /// </summary>
    private static string Lower(ReadOnlySpan<char> text) => text.ToString().ToLowerInvariant().Replace('\u0130', 'i');

    private static ReadOnlySpan<char> Until(ReadOnlySpan<char> text, char end)
    {
        var at = text.IndexOf(end);
        return at < 0 ? text : text[..at];
    }
}
