using Microsoft.AspNetCore.Mvc;
using Registry.Api.Access;
using Registry.Core.Access;
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
        CancellationToken cancellationToken) =>
        ListAsync(
            new PackageSearch(q ?? "", (@namespace ?? "").TrimEnd('/'), mediaType ?? "", keyword ?? ""),
            isNamespace: false,
            page,
            cancellationToken);

    /// <summary>
    /// Shows a package, a release (<c>NAME@RELEASE</c>) or a namespace, which ends with a slash.
    /// </summary>
    /// <param name="package">What to show.</param>
    /// <param name="tab">The part of the page.</param>
    /// <param name="file">The path of the file that the part shows.</param>
    /// <param name="type">The media type; without one that of the chart, or else the first.</param>
    /// <param name="page">The number of the page of a list.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    [RequiresWithin(AccessActions.Pull)]
    [HttpGet(PackageRoute), HttpHead(PackageRoute)]
    public async Task<IActionResult> ShowAsync(
        string package,
        [FromQuery] string? tab,
        [FromQuery] string? file,
        [FromQuery] string? type,
        [FromQuery] string? page,
        CancellationToken cancellationToken)
    {
        if (Request.Path.Value!.EndsWith('/'))
            return await ListAsync(
                new PackageSearch(Namespace: package.TrimEnd('/')), isNamespace: true, page, cancellationToken);
        var (text, version) = PageLinks.Split(package);
        if (!PackageName.TryParse(text, out var name))
            throw NotFound(text);
        if (!Caller.May(AccessActions.Pull, AccessResource.Package(text))
            || await indexes.FindAsync(name, cancellationToken) is not { } found)
            return await RedirectToNamespaceAsync(text, cancellationToken);
        Release? release = null;
        if (version is not null)
            release = Release.TryParse(version, out var exact, out _) && found.State.Contains(exact)
                ? exact
                : throw new RegistryException(
                    ErrorCode.ReleaseNotFound, $"The package {name} has no release '{version}'.");
        var request = new ReleaseRequest(
            ServerAddress.Of(Request), found.State, release, tab ?? "", file, type, PageNumber(page), time.GetUtcNow())
        {
            CanManage = access.RequiresScopes
                && (Caller.May(AccessActions.Push, AccessResource.Package(text))
                    || Caller.May(AccessActions.Delete, AccessResource.Package(text))),
        };
        return Page("Release", await releases.MakeAsync(request, cancellationToken));
    }

    private static RegistryException NotFound(string package) =>
        new(ErrorCode.PackageNotFound, $"There is no package '{package}'.", ("package", package));

    /// <summary>Returns the number of a page, from 1.</summary>
    private static int PageNumber(string? text) =>
        text is null ? 1
        : int.TryParse(text, out var number) && number is >= 1 and <= int.MaxValue / PageSize ? number
        : throw new RegistryException(
            ErrorCode.InvalidUsage, $"'page' is '{text}'; expected a number from 1.", ("field", "page"));

    private async Task<IActionResult> ListAsync(
        PackageSearch search, bool isNamespace, string? page, CancellationToken cancellationToken)
    {
        var number = PageNumber(page);
        var view = (await catalog.GetAsync(cancellationToken)).VisibleTo(Caller.Scopes);
        var found = search.Find(view, (number - 1) * PageSize, PageSize);
        if (isNamespace && found.Count == 0)
            throw new RegistryException(
                ErrorCode.PackageNotFound, $"There is no namespace '{search.Namespace}' with packages.");
        return Page("Packages", new PackagesModel(
            search,
            isNamespace,
            isNamespace && HasRepository(view, search.Namespace),
            found.Count,
            [.. found.Entries.Select(entry => PackageRow.Of(entry, time.GetUtcNow()))],
            number,
            PageSize,
            view.Overview,
            ServerAddress.Of(Request)));
    }

    /// <summary>
    /// Whether the Helm repository of a namespace has charts: those of namespaces below are not in it.
    /// </summary>
    private static bool HasRepository(PackageCatalogView view, string @namespace) =>
        ChartNamespace.Of(view, @namespace).Entries.Any(static entry => UseCommands.HasRepository(entry.Name));

    /// <summary>
    /// Redirects from <c>team</c> to <c>team/</c> if there is such a namespace, but no such package that the caller may
    /// pull.
    /// </summary>
    private async Task<IActionResult> RedirectToNamespaceAsync(string text, CancellationToken cancellationToken)
    {
        var view = (await catalog.GetAsync(cancellationToken)).VisibleTo(Caller.Scopes);
        if (new PackageSearch(Namespace: text).Find(view, skip: 0, count: 0).Count > 0)
            return Redirect($"{text[(text.LastIndexOf('/') + 1)..]}/");
        Caller.Demand(AccessActions.Pull, AccessResource.Package(text));
        throw NotFound(text);
    }
}

/// <summary>A list of packages.</summary>
/// <param name="Search">What was searched for.</param>
/// <param name="IsNamespace">Whether it is the page of a namespace.</param>
/// <param name="HasRepository">Whether it is a namespace whose Helm repository has charts.</param>
/// <param name="Count">The number of packages on all pages.</param>
/// <param name="Rows">The packages of this page.</param>
/// <param name="Number">The number of this page, from 1.</param>
/// <param name="PageSize">The most packages on a page.</param>
/// <param name="Overview">What the registry has in sum.</param>
/// <param name="Server">The address of the registry.</param>
internal sealed record PackagesModel(
    PackageSearch Search,
    bool IsNamespace,
    bool HasRepository,
    int Count,
    IReadOnlyList<PackageRow> Rows,
    int Number,
    int PageSize,
    CatalogOverview Overview,
    ServerAddress Server)
{
    /// <summary>The number of the last page.</summary>
    public int Last => Math.Max(1, (Count + PageSize - 1) / PageSize);

    /// <summary>The command that adds the Helm repository of the namespace.</summary>
    public Command AddRepository
    {
        get
        {
            var alias = UseCommands.AliasOf(Search.Namespace);
            return new Command(
                "Add the Helm repository of this namespace",
                $"helm repo add {alias} {Server.RepositoryOf(Search.Namespace)}\nhelm search repo {alias}");
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
