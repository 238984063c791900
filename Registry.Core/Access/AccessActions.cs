namespace Registry.Core.Access;

/// <summary>What a caller may do with a resource. None of the actions implies another.</summary>
[Flags]
public enum AccessActions
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Read and list.</summary>
    Pull = 1,

    /// <summary>Push releases, artifacts and archives; change channels and tags.</summary>
    Push = 2,

    /// <summary>Delete, and replace by force.</summary>
    Delete = 4,

    /// <summary>Issue, list and revoke tokens.</summary>
    Admin = 8,

    /// <summary>All actions.</summary>
    All = Pull | Push | Delete | Admin,
}
