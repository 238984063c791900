namespace Registry.Core.Access;

/// <summary>The kinds of resources that scopes distinguish.</summary>
public enum AccessKind
{
    /// <summary>Packages, by <c>namespace/name</c>.</summary>
    Package,

    /// <summary>Workspaces of app archives, by host and path.</summary>
    Workspace,
}
