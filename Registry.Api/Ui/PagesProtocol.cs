using Microsoft.Net.Http.Headers;
using Registry.Api.Http;
using Registry.Api.Http.Errors;
using Registry.Core.Access;

namespace Registry.Api.Ui;

/// <summary>
/// The web UI, and everything that no other protocol owns. Errors of pages are pages; those of other paths
/// are JSON, unless a browser asks.
/// </summary>
internal sealed class PagesProtocol() : ApiProtocol(
    "/packages", "/icons", "/archives", "/tokens", "/sign-in", "/sign-out", "/manage")
{
    /// <inheritdoc/>
    public override string Name => "pages";

    /// <inheritdoc/>
    public override bool IsDefault => true;

    /// <inheritdoc/>
    public override IEnumerable<AccessResource> ResourcesOf(HttpContext context) => PageResource.Of(context.Request);

    /// <inheritdoc/>
    public override async ValueTask<bool> TryWritePageAsync(HttpContext context, ErrorResponse error)
    {
        if (!IsPage(context.Request.Path) && !AcceptsHtml(context.Request))
            return false;
        if (error.Status == StatusCodes.Status401Unauthorized)
            // With Basic, browsers would ask for a user and a password instead of showing the page.
            context.Response.Headers.WWWAuthenticate = "Bearer realm=\"Registry\"";
        await ErrorPage.WriteAsync(context, error);
        return true;
    }

    private bool IsPage(PathString path) =>
        Paths.Any(owned => path.StartsWithSegments(owned, StringComparison.Ordinal));

    private static bool AcceptsHtml(HttpRequest request) =>
        request.Headers[HeaderNames.Accept].ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase);
}
