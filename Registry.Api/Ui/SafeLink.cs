namespace Registry.Api.Ui;

/// <summary>Links that come from packages.</summary>
internal static class SafeLink
{
    /// <summary>What a link to elsewhere tells browsers: pass nothing on, and do not recommend the target.</summary>
    public const string Relation = "noreferrer noopener nofollow";

    /// <summary>Returns the address if it is one of the web; null for any other text, such as a script.</summary>
    public static string? Of(string? text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri)
        && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps)
            ? uri.AbsoluteUri
            : null;
}
