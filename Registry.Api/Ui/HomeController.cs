using Microsoft.AspNetCore.Mvc;
using Registry.Api.Access;
using Registry.Api.Cnr;
using Registry.Core.Access;
using Registry.Core.Catalog;

namespace Registry.Api.Ui;

/// <summary>
/// The home page at <c>/</c> and <c>/cnr/</c>. CNR clients use its <c>meta</c> elements for discovery.
/// </summary>
[ApiController]
internal sealed class HomeController(PackageCatalog catalog, AccessOptions access, TimeProvider time) : PageController
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

        var view = (await catalog.GetAsync(cancellationToken)).VisibleTo(Caller.Scopes);
        var server = ServerAddress.Of(Request) with
        {
            NeedsLogin = access.NeedsLogin(
                AccessActions.Pull | AccessActions.Push, AccessResource.Package($"{HomeModel.FirstNamespace}/app")),
        };
        return Page("Home", new HomeModel(
            server,
            $"{server.Home}{Dialect.Of(Request).Root}/api/v1/packages",
            view.Count,
            view.Overview,
            [.. view.Overview.Recent.Select(entry => PackageRow.Of(entry, time.GetUtcNow()))],
            MustSignIn: access.RequiresScopes && !Caller.Scopes.AllowsAny(AccessActions.All)));
    }
}

/// <summary>The home page.</summary>
/// <param name="Server">The address of the registry, for commands that push.</param>
/// <param name="Packages">The address of the CNR API that clients discover.</param>
/// <param name="Count">The number of packages.</param>
/// <param name="Overview">The totals of all packages.</param>
/// <param name="Recent">The packages that were pushed last.</param>
/// <param name="MustSignIn">Whether the caller may do nothing without signing in.</param>
internal sealed record HomeModel(
    ServerAddress Server,
    string Packages,
    int Count,
    CatalogOverview Overview,
    IReadOnlyList<PackageRow> Recent,
    bool MustSignIn)
{
    /// <summary>The most namespaces on the page.</summary>
    public const int MaxNamespaces = 24;

    /// <summary>The namespace of the first chart.</summary>
    public const string FirstNamespace = "team";

    /// <summary>The commands that push the first chart and use it.</summary>
    public IReadOnlyList<Command> FirstSteps =>
    [
        new("Create a chart", "helm create app && helm package app"),
        new(
            "Push it",
            UsageCommands.LogIn(Server, "helm registry login", "--plain-http ")
                + $"helm push app-0.1.0.tgz oci://{Server.Host}/{FirstNamespace}{PlainFlag}"),
        new("Preview the manifests", $"helm template my-app oci://{Server.Host}/{FirstNamespace}/app{PlainFlag}"),
    ];

    private string PlainFlag => Server.IsPlain ? " --plain-http" : "";
}
