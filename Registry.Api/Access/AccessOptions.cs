using Registry.Core.Access;

namespace Registry.Api.Access;

/// <summary>The settings of access control.</summary>
public sealed record AccessOptions
{
    /// <summary>Whether callers need scopes. Otherwise every request is allowed.</summary>
    public required bool RequiresScopes { get; init; }

    /// <summary>What callers without credentials may do.</summary>
    public required ScopeSet Anonymous { get; init; }

    /// <summary>Whether clients need credentials to do something with a resource.</summary>
    public bool NeedsLogin(AccessActions actions, AccessResource resource) =>
        RequiresScopes && !Anonymous.Allows(actions, resource);

    /// <summary>The admin token; null for none, or if it is in a file.</summary>
    public string? AdminToken { get; init; }

    /// <summary>The path of the file with the admin token; null for none.</summary>
    public string? AdminTokenFile { get; init; }
}
