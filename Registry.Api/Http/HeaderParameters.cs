namespace Registry.Api.Http;

/// <summary>
/// Parses <c>Content-Type</c> and <c>Content-Disposition</c>. More lenient than the framework's parser, which requires
/// quotes around a boundary with <c>=</c> or a file name with a space: clients omit them, and the framework of the
/// reference servers accepts that.
/// </summary>
internal static class HeaderParameters
{
    /// <summary>Returns the value before the first parameter, such as <c>multipart/form-data</c>.</summary>
    /// <param name="header">The header; null for none.</param>
    public static ReadOnlySpan<char> ValueOf(string? header)
    {
        var end = header.AsSpan().IndexOf(';');
        return (end < 0 ? header : header.AsSpan(0, end)).Trim();
    }

    /// <summary>
    /// Finds the first parameter with a name, and returns its value without quotes. An unquoted value ends only at a
    /// semicolon.
    /// </summary>
    /// <param name="header">The header; null for none.</param>
    /// <param name="name">The name of the parameter, in any case.</param>
    /// <returns>The value; null if there is no such parameter.</returns>
    public static string? Find(string? header, string name)
    {
        var start = header.AsSpan().IndexOf(';');
        var rest = start < 0 ? default : header.AsSpan(start + 1);
        while (!rest.IsEmpty)
        {
            var end = rest.IndexOfAny('=', ';');
            var key = (end < 0 ? rest : rest[..end]).Trim();
            var hasValue = end >= 0 && rest[end] == '=';
            rest = end < 0 ? default : rest[(end + 1)..];
            var value = hasValue ? ReadValue(ref rest) : "";
            if (key.Equals(name, StringComparison.OrdinalIgnoreCase))
                return value;
        }

        return null;
    }

    /// <summary>Reads a value and the semicolon after it.</summary>
    private static string ReadValue(ref ReadOnlySpan<char> rest)
    {
        rest = rest.TrimStart();
        var quoted = rest is ['"', ..] ? ReadQuoted(ref rest) : null;
        var end = rest.IndexOf(';');
        var plain = (end < 0 ? rest : rest[..end]).Trim().ToString();
        rest = end < 0 ? default : rest[(end + 1)..];
        return quoted ?? plain;
    }

    /// <summary>
    /// Reads a quoted value. A backslash escapes only a quote and a backslash: old browsers sent unescaped Windows
    /// paths.
    /// </summary>
    private static string ReadQuoted(ref ReadOnlySpan<char> rest)
    {
        var value = new System.Text.StringBuilder();
        var at = 1;
        for (; at < rest.Length && rest[at] != '"'; at++)
        {
            if (rest[at] == '\\' && at + 1 < rest.Length && rest[at + 1] is '"' or '\\')
                at++;
            value.Append(rest[at]);
        }

        rest = rest[Math.Min(at + 1, rest.Length)..];
        return value.ToString();
    }
}
