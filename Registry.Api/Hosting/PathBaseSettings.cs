using System.Buffers;
using Registry.Api.Ui;

namespace Registry.Api.Hosting;

/// <summary>
/// The setting <c>PATHBASE</c>: the path below which clients see the registry, such as <c>/registry</c>.
/// </summary>
/// <param name="value">The setting; null or empty for none.</param>
internal sealed class PathBaseSettings(string? value)
{
    /// <summary>The setting.</summary>
    public const string Setting = "PATHBASE";

    /// <summary>Where requests are served. A prefix that one of these begins with would be ambiguous.</summary>
    private static readonly PathString[] Routes =
        ["/api/v1", "/cnr/api/v1", "/cnr/version", "/version", "/swagger", "/openapi", "/healthz", "/readyz", IconPath];

    /// <summary>
    /// What a prefix may consist of: nothing that needs an escape, or that a browser could take for a host or a scheme.
    /// </summary>
    private static readonly SearchValues<char> Allowed =
        SearchValues.Create("/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    private const string IconPath = IconController.Path;

    /// <summary>The prefix; empty for none.</summary>
    public PathString Prefix { get; } = Parse(value) ?? PathString.Empty;

    /// <summary>Reads a prefix. A slash at its end is left out.</summary>
    /// <param name="text">The prefix, or nothing.</param>
    /// <returns>Empty for no prefix; null for a text that is none.</returns>
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

    internal IEnumerable<string> Errors()
    {
        if (Parse(value) is null)
            yield return $"{Setting} is '{value}'; a path of letters, digits and - . _ ~ is expected, such as "
                + "/registry.";
        else if (Prefix.HasValue
            && Routes.Any(route => route.StartsWithSegments(Prefix) || Prefix.StartsWithSegments(route)))
            yield return $"{Setting} is '{value}'; it must not begin like a path of the registry itself, such as "
                + "/api/v1.";
    }
}
