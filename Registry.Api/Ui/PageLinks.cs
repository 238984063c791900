using Registry.Core.Packages;
using Registry.Core.Versions;

namespace Registry.Api.Ui;

/// <summary>
/// The addresses of pages, relative to the root of the registry. A namespace ends with a slash, and a version follows
/// an <c>@</c>, which no name contains: so a package of any depth has exactly one address.
/// </summary>
internal static class PageLinks
{
    /// <summary>The separator of a package and its version.</summary>
    public const char VersionMark = '@';

    /// <summary>
    /// The depth below which links are relative. An error may have a path of thousands of slashes, and each link of its
    /// page would repeat them.
    /// </summary>
    private const int MaxDepth = 64;

    /// <summary>
    /// Returns the path from a page to the root: a relative one, because a proxy may have removed a prefix that the
    /// registry does not know.
    /// </summary>
    public static string RootFrom(HttpRequest request) => request.Path.Value.AsSpan().Count('/') > MaxDepth
        ? $"{request.PathBase.ToUriComponent()}/"
        : RootFrom(request.Path);

    /// <summary>Returns the relative path from a page to the root.</summary>
    internal static string RootFrom(PathString path)
    {
        var depth = (path.Value ?? "").AsSpan().Count('/') - 1;
        return depth <= 0 ? "./" : string.Concat(Enumerable.Repeat("../", depth));
    }

    /// <summary>Returns the address of the requested page, relative to the root.</summary>
    public static string Of(HttpRequest request) =>
        $"{request.Path.ToUriComponent().TrimStart('/')}{request.QueryString.ToUriComponent()}";

    /// <summary>Returns a link from a page to itself, without its query.</summary>
    public static string PathOf(HttpRequest request) =>
        RootFrom(request.Path) + request.Path.ToUriComponent().TrimStart('/');

    /// <summary>Returns the address of a package.</summary>
    public static string Of(PackageName package) => $"packages/{package}";

    /// <summary>Returns the address of a release.</summary>
    public static string Of(PackageName package, Release release) => $"{Of(package)}{VersionMark}{release}";

    /// <summary>Splits <c>NAME@VERSION</c>.</summary>
    /// <returns>The name, and the version; null when there is only a name.</returns>
    public static (string Name, string? Version) Split(string package) =>
        package.Split(VersionMark, 2) is [var name, var version] ? (name, version) : (package, null);

    /// <summary>Returns the address of a workspace.</summary>
    public static string OfWorkspace(string workspace) => $"archives?workspace={Uri.EscapeDataString(workspace)}";

    /// <summary>Returns the address of a namespace; that of all packages for the empty one.</summary>
    public static string OfNamespace(string @namespace) =>
        @namespace.Length == 0 ? "packages" : $"packages/{@namespace}/";
}
