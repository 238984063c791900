using System.Buffers;

namespace Registry.Api.Hosting;

/// <summary>
/// The setting <c>PATHBASE</c>: the path below which clients see the registry, such as <c>/registry</c>.
/// </summary>
internal sealed class PathBaseSettings
{
    /// <summary>The name of the setting.</summary>
    public const string Setting = "PATHBASE";

    /// <summary>Characters that need no escape and that no browser takes for a host or a scheme.</summary>
    private static readonly SearchValues<char> Allowed =
        SearchValues.Create("/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    /// <summary>The value as configured; null or empty for none.</summary>
    public string? Value { get; set; }

    /// <summary>The prefix; empty for none, or if the value is not valid.</summary>
    public PathString Prefix => Parse(Value) ?? PathString.Empty;

    /// <summary>Parses a prefix. A trailing slash is removed.</summary>
    /// <param name="text">The prefix; null or empty for none.</param>
    /// <returns>Empty for no prefix; null if the text is not a valid prefix.</returns>
    public static PathString? Parse(string? text)
    {
        var prefix = (text ?? "").Trim();
        if (prefix.EndsWith('/'))
            prefix = prefix[..^1];
        if (prefix.Length == 0)
            return PathString.Empty;
        var isPath = prefix[0] == '/'
            && !prefix.AsSpan().ContainsAnyExcept(Allowed)
            && !prefix[1..].Split('/').Any(static part => part is "" or "." or "..");
        // Without the type, null would become an empty prefix: PathString converts from string.
        return isPath ? new PathString(prefix) : default(PathString?);
    }
}
