using System.Globalization;
using Microsoft.AspNetCore.Mvc;
using Registry.Api.Access;
using Registry.Api.Http.Transfers;
using Registry.Core.Access;
using Registry.Core.Artifacts;
using Registry.Core.Catalog;
using Registry.Core.Errors;
using Registry.Core.Packages;
using Registry.Core.Versions;

namespace Registry.Api.Ui;

/// <summary>Lists packages, and shows them.</summary>
internal sealed class PackagePagesController(
    PackageCatalog catalog,
    PackageIndexes indexes,
    ReleasePages releases,
    AccessOptions access,
    TimeProvider time) : PageController
{
    private const string Root = "/packages";
    private const string PackageRoute = $"{Root}/{{**package}}";
    private const int PageSize = 24;

    /// <summary>Lists and searches packages.</summary>
    [RequiresWithin(AccessActions.Pull)]
    [HttpGet(Root), HttpHead(Root)]
    public Task<IActionResult> ListAsync(
        [FromQuery] string? q,
        [FromQuery] string? @namespace,
        [FromQuery(Name = "media_type")] string? mediaType,
        [FromQuery] string? keyword,
        [FromQuery] string? page,
        [FromQuery] string? deleted,
        CancellationToken cancellationToken) =>
        ListAsync(
            new PackageSearch(q ?? "", (@namespace ?? "").TrimEnd('/'), mediaType ?? "", keyword ?? ""),
            isNamespace: false,
            page,
            deleted,
            cancellationToken);

    /// <summary>
    /// Shows a package, a release (<c>NAME@RELEASE</c>) or a namespace, which ends with a slash.
    /// </summary>
    /// <param name="package">What to show.</param>
    /// <param name="tab">The part of the page.</param>
    /// <param name="file">The path of the file that the part shows.</param>
    /// <param name="type">The media type; without one that of the chart, or else the first.</param>
    /// <param name="tag">The tag of the image or artifact to show instead of a release.</param>
    /// <param name="page">The number of the page of a list.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    [RequiresWithin(AccessActions.Pull, MayBeResource = true)]
    [HttpGet(PackageRoute), HttpHead(PackageRoute)]
    public async Task<IActionResult> ShowAsync(
        string package,
        [FromQuery] string? tab,
        [FromQuery] string? file,
        [FromQuery] string? type,
        [FromQuery] string? tag,
        [FromQuery] string? page,
        CancellationToken cancellationToken)
    {
        if (Request.Path.Value!.EndsWith('/'))
            return await ListAsync(
                new PackageSearch(Namespace: package.TrimEnd('/')),
                isNamespace: true,
                page,
                deleted: null,
                cancellationToken);
        var (text, version) = PageLinks.Split(package);
        if (!PackageName.TryParse(text, out var name))
            throw PageErrors.PackageNotFound(text);
        if (!Caller.May(AccessActions.Pull, AccessResource.Package(text))
            || await indexes.FindAsync(name, cancellationToken) is not { } found)
            return await RedirectToNamespaceAsync(text, cancellationToken);
        Release? release = null;
        if (version is not null)
            release = Release.TryParse(version, out var exact, out _) && found.State.Contains(exact)
                ? exact
                : throw PageErrors.ReleaseNotFound(name, version);
        var request = new ReleaseRequest(
            ServerFor(AccessResource.Package(text)),
            found.State,
            release,
            tab ?? "",
            file,
            type,
            PageNumber(page),
            time.GetUtcNow())
        {
            Tag = tag is null || release is not null ? null
                : TagName.TryParse(tag, out var known) ? known
                : throw PageErrors.TagNotFound(name, tag),
            Visible = await VisibleAsync(cancellationToken),
            CanManage = access.RequiresScopes
                && (Caller.May(AccessActions.Push, AccessResource.Package(text))
                    || Caller.May(AccessActions.Delete, AccessResource.Package(text))),
        };
        var model = await releases.MakeAsync(request, RequestTransfer.Of(HttpContext), cancellationToken);
        if (model.Tab == ReleaseTab.Versions && request.Page > model.VersionPages)
            return Redirect($"{model.QueryOf(ReleaseTab.Versions)}&page={model.VersionPages}");
        return Page("Release", model);
    }

    /// <summary>Returns the packages that the caller may pull.</summary>
    private async Task<PackageCatalogView> VisibleAsync(CancellationToken cancellationToken) =>
        (await catalog.GetAsync(cancellationToken)).VisibleTo(Caller.Scopes);

    /// <summary>Returns the number of a page, from 1.</summary>
    private static int PageNumber(string? text) =>
        text is null ? 1
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number is >= 1 and <= int.MaxValue / PageSize ? number
        : throw new RegistryException(
            ErrorCode.InvalidUsage, $"'page' is '{text}'; expected a number from 1.", ("field", "page"));

    private async Task<IActionResult> ListAsync(
        PackageSearch search, bool isNamespace, string? page, string? deleted, CancellationToken cancellationToken)
    {
        var number = PageNumber(page);
        var view = await VisibleAsync(cancellationToken);
        var found = search.Find(view, (number - 1) * PageSize, PageSize);
        if (isNamespace && found.Count == 0)
            throw new RegistryException(
                ErrorCode.PackageNotFound, $"There is no namespace '{search.Namespace}' with packages.");
        var model = new PackagesModel(
            search,
            isNamespace ? NamespaceContent.Of(view, search.Namespace) : null,
            found.Count,
            found.IsApproximate,
            [
                .. found.Entries.Select(entry => PackageRow.Of(entry, time.GetUtcNow()) with
                {
                    Below = isNamespace && entry.Name.Namespace != search.Namespace ? entry.Name.Namespace : null,
                }),
            ],
            number,
            PageSize,
            view.Overview,
            ServerFor(AccessResource.Package($"{search.Namespace}/*")))
        {
            Deleted = PackageName.TryParse(deleted, out var gone)
                && Caller.May(AccessActions.Pull, AccessResource.Package(gone.Value))
                && view.Find(gone) is null
                    ? gone
                    : null,
        };
        return number > model.Last
            ? Redirect(model.QueryOf(model.Last) is { Length: > 1 } query ? query : PageLinks.PathOf(Request))
            : Page("Packages", model);
    }

    /// <summary>Returns the address of the registry for commands that pull something.</summary>
    private ServerAddress ServerFor(AccessResource resource) =>
        ServerAddress.Of(Request) with { NeedsLogin = access.NeedsLogin(AccessActions.Pull, resource) };

    /// <summary>
    /// Redirects from <c>team</c> to <c>team/</c> if there is such a namespace, but no such package that the caller may
    /// pull.
    /// </summary>
    private async Task<IActionResult> RedirectToNamespaceAsync(string text, CancellationToken cancellationToken)
    {
        var view = await VisibleAsync(cancellationToken);
        if (new PackageSearch(Namespace: text).Find(view, skip: 0, count: 0).Count > 0)
            return Redirect($"{text[(text.LastIndexOf('/') + 1)..]}/");
        Caller.Demand(AccessActions.Pull, AccessResource.Package(text));
        throw PageErrors.PackageNotFound(text);
    }
}

/// <summary>A list of packages.</summary>
/// <param name="Search">What was searched for.</param>
/// <param name="Content">What is in the namespace; null when it is not the page of one.</param>
/// <param name="Count">The number of packages on all pages.</param>
/// <param name="IsApproximate">Whether they only have words that are similar to those of the search.</param>
/// <param name="Rows">The packages of this page.</param>
/// <param name="Number">The number of this page, from 1.</param>
/// <param name="PageSize">The most packages on a page.</param>
/// <param name="Overview">The totals of the registry.</param>
/// <param name="Server">The address of the registry.</param>
internal sealed record PackagesModel(
    PackageSearch Search,
    NamespaceContent? Content,
    int Count,
    bool IsApproximate,
    IReadOnlyList<PackageRow> Rows,
    int Number,
    int PageSize,
    CatalogOverview Overview,
    ServerAddress Server)
{
    /// <summary>The package that was deleted just now; null for none.</summary>
    public PackageName? Deleted { get; init; }

    /// <summary>Whether it is the page of a namespace.</summary>
    public bool IsNamespace => Content is not null;

    /// <summary>Whether it has only what was searched for.</summary>
    public bool IsFiltered => Search != new PackageSearch();

    /// <summary>The number of the last page.</summary>
    public int Last => Math.Max(1, (Count + PageSize - 1) / PageSize);

    /// <summary>The command that adds the Helm repository of the namespace.</summary>
    public Command AddRepository
    {
        get
        {
            var alias = UsageCommands.AliasOf(Search.Namespace);
            return new Command(
                "Add the Helm repository of this namespace",
                $"{UsageCommands.AddRepository(Server, Search.Namespace)}{UsageCommands.Then}"
                    + $"helm search repo {alias}/");
        }
    }

    /// <summary>Returns the query of another page of this list.</summary>
    public string QueryOf(int number)
    {
        List<(string Name, string Value)> arguments =
            [("q", Search.Text), ("media_type", Search.MediaType), ("keyword", Search.Keyword)];
        if (!IsNamespace)
            arguments.Add(("namespace", Search.Namespace));
        arguments.Add(("page", number == 1 ? "" : $"{number}"));
        return $"?{string.Join(
            '&',
            arguments.Where(static argument => argument.Value.Length > 0)
                .Select(static argument => $"{argument.Name}={Uri.EscapeDataString(argument.Value)}"))}";
    }
}
