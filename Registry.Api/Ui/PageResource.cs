using Registry.Core.Access;
using Registry.Core.Archives;

namespace Registry.Api.Ui;

/// <summary>What the request of a page is about.</summary>
internal static class PageResource
{
    /// <summary>
    /// Returns the workspace that the arguments of the request name, or the package that its route names; all of them
    /// for a page that names none. Other arguments are any text, and name nothing.
    /// </summary>
    public static IEnumerable<AccessResource> Of(HttpRequest request)
    {
        if (request.Path.StartsWithSegments("/archives", StringComparison.Ordinal))
        {
            var text = request.Query["workspace"].ToString();
            return text.Length == 0 ? [AccessResource.Workspace("")]
                : TryParseWorkspace(text, out var workspace) ? [AccessResource.Workspace(workspace.Name)]
                : [];
        }

        var package = request.RouteValues["package"] as string ?? "";
        return [AccessResource.Package(PageLinks.Split(package).Name.TrimEnd('/'))];
    }

    /// <summary>
    /// Parses the name of a workspace, or a URL from which KAR derives it. No name begins with a scheme.
    /// </summary>
    /// <returns>False for a malformed URL, and for a workspace that is too long.</returns>
    public static bool TryParseWorkspace(string text, out Workspace workspace)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        return slash > 0 && text[slash - 1] == ':'
            ? Workspace.TryDerive(text, out workspace)
            : Workspace.TryParse(text, out workspace);
    }
}
