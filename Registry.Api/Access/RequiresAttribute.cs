using Microsoft.AspNetCore.Authorization;
using Registry.Core.Access;

namespace Registry.Api.Access;

/// <summary>
/// States the right that an action needs. The protocol of the action names the resource
/// (<see cref="Http.ApiProtocol.ResourcesOf"/>). Every endpoint has this attribute or one of the others in this file;
/// an endpoint without any is refused.
/// </summary>
/// <param name="actions">
/// What the caller must be allowed to do. <see cref="AccessActions.None"/> for an action that every caller may call,
/// and that shows only what the caller may see.
/// </param>
[AttributeUsage(AttributeTargets.Method)]
internal class RequiresAttribute(AccessActions actions) : Attribute, IAuthorizationRequirementData,
    IAuthorizationRequirement
{
    /// <summary>What the caller must be allowed to do.</summary>
    public AccessActions Actions { get; } = actions;

    /// <inheritdoc/>
    public IEnumerable<IAuthorizationRequirement> GetRequirements() => [this];

    /// <summary>Returns the right that one request needs, where it depends on more than the action.</summary>
    public virtual RequiresAttribute For(HttpContext context) => this;

    /// <summary>Whether a caller has the right.</summary>
    /// <param name="access">The caller, whose credentials are not refused.</param>
    /// <param name="resources">What the request is about, as its protocol names it.</param>
    public virtual bool IsMet(RequestAccess access, IReadOnlyList<AccessResource> resources)
    {
        var scopes = access.Identity.Scopes;
        if (resources.Count == 0)
            return Actions == AccessActions.None || scopes.AllowsAny(Actions);
        foreach (var resource in resources)
            if (Allows(scopes, resource))
                return true;
        return false;
    }

    /// <summary>Returns the resource as an error names it, in the scope that the caller lacks.</summary>
    public virtual AccessResource NameOf(AccessResource resource) => resource;

    /// <summary>Whether scopes give the right for a resource.</summary>
    protected virtual bool Allows(ScopeSet scopes, AccessResource resource) => scopes.Allows(Actions, resource);
}

/// <summary>
/// States the right that an action needs for anything in a namespace: the action lists the content, or reads the
/// resource from the request body. It shows only what the caller may see, and checks the right itself once it knows the
/// resource.
/// </summary>
/// <param name="actions">What the caller must be allowed to do.</param>
internal sealed class RequiresWithinAttribute(AccessActions actions) : RequiresAttribute(actions)
{
    /// <summary>Whether the path may also be that of a resource.</summary>
    public bool MayBeResource { get; init; }

    /// <inheritdoc/>
    public override AccessResource NameOf(AccessResource resource) =>
        MayBeResource || resource.Path.Length == 0 ? resource : resource with { Path = $"{resource.Path}/*" };

    /// <inheritdoc/>
    protected override bool Allows(ScopeSet scopes, AccessResource resource) =>
        scopes.Allows(Actions, resource) || scopes.AllowsBelow(Actions, resource);
}

/// <summary>
/// States that an action needs a right on at least one resource. It shows only what the caller may see, and checks the
/// right itself once it knows the resource.
/// </summary>
/// <param name="actions">What the caller must be allowed to do.</param>
internal sealed class RequiresSomewhereAttribute(AccessActions actions) : RequiresAttribute(actions)
{
    /// <inheritdoc/>
    public override bool IsMet(RequestAccess access, IReadOnlyList<AccessResource> resources) =>
        access.Identity.Scopes.AllowsAny(Actions);
}

/// <summary>States that an action needs a caller with any right at all.</summary>
internal sealed class RequiresAnyRightAttribute() : RequiresAttribute(AccessActions.None)
{
    /// <inheritdoc/>
    public override bool IsMet(RequestAccess access, IReadOnlyList<AccessResource> resources) =>
        access.Identity.Scopes.AllowsAny(AccessActions.All);
}

/// <summary>
/// States that an action tells clients whether they have to log in. If anything needs a login, anonymous callers are
/// refused, because some clients send their credentials only after a refusal. A client that explicitly sends empty
/// credentials gets the anonymous rights.
/// </summary>
internal sealed class RequiresLoginAttribute() : RequiresAttribute(AccessActions.None)
{
    private static readonly ScopeSet WithoutLogin = ScopeSet.Of(
        ScopeSet.Everything.Scopes.Select(
            static scope => scope with { Actions = scope.Actions & ~AccessActions.Admin }));

    /// <inheritdoc/>
    public override bool IsMet(RequestAccess access, IReadOnlyList<AccessResource> resources)
    {
        var scopes = access.Identity.Scopes;
        return access.IsKnown
            || (access.IsExplicitlyEmpty ? scopes.AllowsAny(AccessActions.All) : scopes.Includes(WithoutLogin));
    }
}

/// <summary>States that an endpoint needs no right: it is the same for everyone, and ignores credentials.</summary>
[AttributeUsage(AttributeTargets.Method | AttributeTargets.Class)]
internal sealed class PublicAttribute : Attribute, IAllowAnonymous;
