using Microsoft.AspNetCore.Authorization;
using Registry.Core.Access;

namespace Registry.Api.Access;

/// <summary>
/// States the right that an endpoint requires. The protocol of the endpoint names the resource
/// (<see cref="Http.ApiProtocol.ResourcesOf"/>). Every endpoint has this attribute, one derived from it, or
/// <see cref="PublicAttribute"/>; requests to an endpoint without any are rejected.
/// </summary>
/// <param name="actions">
/// What the caller must be allowed to do. <see cref="AccessActions.None"/> for an endpoint that every caller may use,
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

    /// <summary>Returns the right that one request requires, where it depends on more than the endpoint.</summary>
    public virtual RequiresAttribute For(HttpContext context) => this;

    /// <summary>Whether a caller has the right.</summary>
    /// <param name="access">The caller, whose credentials are not rejected.</param>
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
/// States the right that an endpoint requires for anything in a namespace: the endpoint lists the content, or reads the
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
/// States that an endpoint requires a right on at least one resource. It shows only what the caller may see, and checks
/// the right itself once it knows the resource.
/// </summary>
/// <param name="actions">What the caller must be allowed to do.</param>
internal sealed class RequiresSomewhereAttribute(AccessActions actions) : RequiresAttribute(actions)
{
    /// <inheritdoc/>
    public override bool IsMet(RequestAccess access, IReadOnlyList<AccessResource> resources) =>
        access.Identity.Scopes.AllowsAny(Actions);
}

/// <summary>States that an endpoint requires a caller with any right at all.</summary>
internal sealed class RequiresAnyRightAttribute() : RequiresAttribute(AccessActions.None)
{
    /// <inheritdoc/>
    public override bool IsMet(RequestAccess access, IReadOnlyList<AccessResource> resources) =>
        access.Identity.Scopes.AllowsAny(AccessActions.All);
}

/// <summary>
/// States that an endpoint tells clients whether they have to log in. If anything requires a login, anonymous callers
/// are rejected, because some clients send their credentials only after a 401. A client that explicitly sends empty
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

/// <summary>States that an endpoint requires no right: it is the same for everyone, and ignores credentials.</summary>
[AttributeUsage(AttributeTargets.Method | AttributeTargets.Class)]
internal sealed class PublicAttribute : Attribute, IAllowAnonymous;
