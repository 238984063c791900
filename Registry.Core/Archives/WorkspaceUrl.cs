using System.Buffers;

namespace Registry.Core.Archives;

/// <summary>
/// Takes host and path out of a URL exactly as <c>urlparse</c> of Python 2.7 does, which the KAR reference derives
/// workspaces with: what that function makes of odd input decides under which name people find their archives.
/// </summary>
internal static class WorkspaceUrl
{
    private static readonly SearchValues<char> SchemeChars =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.");

    /// <summary>
    /// The schemes whose last path segment may end in <c>;params</c>, "no scheme" among them; with any other a
    /// semicolon is text.
    /// </summary>
    private static readonly string[] SchemesWithParams =
        [
            "", "ftp", "hdl", "prospero", "http", "imap", "https", "shttp", "rtsp", "rtspu", "sip", "sips", "mms",
            "sftp", "tel"
        ];

    /// <summary>Splits a URL.</summary>
    /// <param name="url">Any text.</param>
    /// <param name="host">Lower case, without user, password and port; empty when there is none.</param>
    /// <param name="path">
    /// As it is written, without query, fragment and the parameters of its last segment; may be empty.
    /// </param>
    /// <returns>False where the original raises an error: a bracket in the authority without its counterpart.</returns>
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
    /// Where the colon behind the scheme is; -1 for no scheme. <c>name:8080</c> is a host with a port and has none,
    /// except that <c>http</c> always is a scheme.
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
    /// Lower case of every script. The dotted capital I is the one letter that .NET leaves as it is and Python does
    /// not.
    /// </summary>
    private static string Lower(ReadOnlySpan<char> text) => text.ToString().ToLowerInvariant().Replace('\u0130', 'i');

    private static ReadOnlySpan<char> Until(ReadOnlySpan<char> text, char end)
    {
        var at = text.IndexOf(end);
        return at < 0 ? text : text[..at];
    }
}
