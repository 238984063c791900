namespace Registry.Core.Access;

/// <summary>The resource that a request needs a right for: a package or a workspace, which need not exist.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Path">
/// The segments, joined by <c>/</c>, without a slash at the end: <c>team/app</c>, or <c>github.com/me/repository</c>.
/// It may be any text, such as an invalid name in a request.
/// </param>
public readonly record struct AccessResource(AccessKind Kind, string Path)
{
    /// <summary>Creates the resource of a package.</summary>
    /// <param name="path">The whole name of the package.</param>
    public static AccessResource Package(string path) => new(AccessKind.Package, path);

    /// <summary>Creates the resource of a workspace.</summary>
    /// <param name="name">The name of the workspace; a trailing slash is ignored.</param>
    public static AccessResource Workspace(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return new(AccessKind.Workspace, name.EndsWith('/') ? name[..^1] : name);
    }

    /// <summary>Returns the resource as a scope writes it, such as <c>kar:github.com/me/repository</c>.</summary>
    public override string ToString() => Kind == AccessKind.Workspace ? $"{ScopePattern.WorkspacePrefix}{Path}" : Path;
}
