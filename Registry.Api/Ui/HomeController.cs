using System.Globalization;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Mvc;
using Registry.Api.Cnr;
using Registry.Api.Http;
using Registry.Core.Catalog;

namespace Registry.Api.Ui;

/// <summary>
/// The page for people at <c>/</c> and <c>/cnr/</c>, which also tells CNR clients where packages are (discovery).
/// </summary>
[ApiController]
internal sealed class HomeController(PackageCatalog catalog) : ControllerBase
{
    /// <summary>Discover packages</summary>
    /// <remarks>
    /// A page for people. Its `meta` elements `cnr-package` and `appr-package` tell CNR clients where packages are: a
    /// prefix of names, and the address to pull from with `{name}`, `{version}` and `{mediatype}` to fill in.
    /// </remarks>
    /// <param name="cancellationToken">The request's.</param>
    [HttpGet("/"), HttpHead("/")]
    [HttpGet(Dialect.ApprRoot), HttpHead(Dialect.ApprRoot)]
    [ProducesResponseType<string>(StatusCodes.Status200OK, "text/html")]
    public async Task<IActionResult> ShowAsync(CancellationToken cancellationToken)
    {
        // Relative links would miss the prefix of PATHBASE in an address that ends with it.
        if (!Request.Path.HasValue)
        {
            // The server lets control characters pass, which a header must not hold.
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
