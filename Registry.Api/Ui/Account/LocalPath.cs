namespace Registry.Api.Ui.Account;

/// <summary>
/// The page to show after a form was submitted: its path and query, relative to the root of the registry, as in
/// <see cref="PageLinks"/>. Empty for the home page.
/// </summary>
internal static class LocalPath
{
    /// <summary>Validates the page that a link names.</summary>
    /// <param name="text">The path and query in the link; null for none.</param>
    /// <returns>The same text, or the home page if it is not a path of this registry.</returns>
    public static string Of(string? text) =>
        text is not (null or ['/' or '\\', ..])
        && !text.AsSpan().ContainsAnyExceptInRange('!', '~')
        && !Array.Exists(text.Split('?')[0].Split('/', '\\'), IsDotSegment)
            ? text
            : "";

    /// <summary>
    /// Returns a link from the page of a request. A proxy may have removed a prefix that the registry does not know, so
    /// the link is relative; it cannot lead to another host.
    /// </summary>
    /// <param name="request">The request.</param>
    /// <param name="page">The page.</param>
    public static string From(HttpRequest request, string page) => PageLinks.RootFrom(request) + page;

    private static bool IsDotSegment(string segment) =>
        segment.Replace("%2e", ".", StringComparison.OrdinalIgnoreCase) is "." or "..";
}
