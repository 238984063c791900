using System.Globalization;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Mvc;
using Registry.Api.Access;
using Registry.Api.Cnr;
using Registry.Api.Http;
using Registry.Core.Access;
using Registry.Core.Catalog;

namespace Registry.Api.Ui;

/// <summary>
/// The home page at <c>/</c> and <c>/cnr/</c>. CNR clients use its <c>meta</c> elements for discovery.
/// </summary>
[ApiController]
internal sealed class HomeController(PackageCatalog catalog) : ControllerBase
{
    /// <summary>Discover packages</summary>
    /// <remarks>
    /// The home page, in HTML. CNR clients use its `meta` elements `cnr-package` and `appr-package` for discovery. Each
    /// has a prefix of package names and a URL template to pull from, with the placeholders `{name}`, `{version}` and
    /// `{mediatype}`.
    /// </remarks>
    /// <param name="cancellationToken">Cancels the request.</param>
    [Requires(AccessActions.None)]
    [HttpGet("/"), HttpHead("/")]
    [HttpGet(Dialect.ApprRoot), HttpHead(Dialect.ApprRoot)]
    [ProducesResponseType<string>(StatusCodes.Status200OK, "text/html")]
    public async Task<IActionResult> ShowAsync(CancellationToken cancellationToken)
    {
        // Without the trailing slash, relative links would lose the last part of PATHBASE.
        if (!Request.Path.HasValue)
        {
            // The server accepts control characters, which are not allowed in a header.
            var query = Request.QueryString.Value ?? "";
            return RedirectPermanent(
                $"{Request.PathBase}/{(query.AsSpan().ContainsAnyExceptInRange('!', '~') ? "" : query)}");
        }

        var caller = RequestCaller.Of(HttpContext);
        var view = (await catalog.GetAsync(cancellationToken)).VisibleTo(caller.Scopes);
        Response.Headers.CacheControl = "no-cache";
        PageHeaders.Protect(Response, HomePage.Sources);
        var root = Dialect.Of(Request).Root;
        return Content(
            HomePage.Html(
                Request.Scheme,
                HtmlEncoder.Default.Encode(Request.Host.ToUriComponent()),
                HtmlEncoder.Default.Encode(Request.PathBase.ToUriComponent()),
                root.Length == 0 ? "" : $"{root[1..]}/",
                Request.Path == $"{Dialect.ApprRoot}/" ? "../" : "",
                view.Count.ToString("N0", CultureInfo.InvariantCulture),
                view.Entries.Sum(entry => entry.Releases.Length).ToString("N0", CultureInfo.InvariantCulture)),
            "text/html; charset=utf-8");
    }
}
