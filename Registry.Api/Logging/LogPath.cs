using Registry.Core.Tokens;

namespace Registry.Api.Logging;

/// <summary>The path of a request in the log.</summary>
internal static class LogPath
{
    /// <summary>
    /// Returns the path without the secret of a token in it, and truncated. The secret is removed first, because the
    /// beginning of one that was cut would not be recognized.
    /// </summary>
    public static string Of(HttpRequest request) => LogText.Shorten(TokenSecret.Redact(request.Path.ToString()));
}
