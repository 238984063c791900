using System.Globalization;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Mvc;
using Registry.Api.Cnr;
using Registry.Api.Http;
using Registry.Core.Catalog;

namespace Registry.Api.Ui;

/// <summary>
/// The home page at <c>/</c> and <c>/cnr/</c>, in which CNR clients also discover the location of packages.
/// </summary>
[ApiController]
internal sealed class HomeController(PackageCatalog catalog) : ControllerBase
{
    /// <summary>Discover packages</summary>
    /// <remarks>
    /// The home page. Its `meta` elements `cnr-package` and `appr-package` tell CNR clients the location of packages: a
    /// prefix of names, and the URL to pull from, in which clients substitute `{name}`, `{version}` and `{mediatype}`.
    /// </remarks>
    /// <param name="cancellationToken">Cancels the request.</param>
    [HttpGet("/"), HttpHead("/")]
    [HttpGet(Dialect.ApprRoot), HttpHead(Dialect.ApprRoot)]
    [ProducesResponseType<string>(StatusCodes.Status200OK, "text/html")]
    public async Task<IActionResult> ShowAsync(CancellationToken cancellationToken)
    {
        // Without the slash at the end of PATHBASE, relative links would lose its last segment.
        if (!Request.Path.HasValue)
        {
            // The server accepts control characters, which a header must not contain.
            var query = Request.QueryString.Value ?? "";
            return RedirectPermanent(
                $"{Request.PathBase}/{(query.AsSpan().ContainsAnyExceptInRange('!', '~') ? "" : query)}");
        }

        var view = await catalog.GetAsync(cancellationToken);
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
