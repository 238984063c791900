using Microsoft.AspNetCore.Authorization;
using Registry.Api.Http;

namespace Registry.Api.Access;

/// <summary>Decides whether a request has the right that its endpoint states.</summary>
internal sealed class RightHandler : AuthorizationHandler<RequiresAttribute, HttpContext>
{
    /// <inheritdoc/>
    protected override Task HandleRequirementAsync(
        AuthorizationHandlerContext context, RequiresAttribute requirement, HttpContext resource)
    {
        var access = RequestAccess.Of(resource);
        if (access.Problem is null
            && requirement.For(resource).IsMet(access, [.. ApiProtocol.Of(resource).ResourcesOf(resource)]))
            context.Succeed(requirement);
        return Task.CompletedTask;
    }
}

/// <summary>
/// Rejects endpoints that state no right. Requests without an endpoint of the registry pass; they get 404 or 405 later.
/// </summary>
internal sealed class StatedRight : AuthorizationHandler<StatedRight, HttpContext>, IAuthorizationRequirement
{
    /// <inheritdoc/>
    protected override Task HandleRequirementAsync(
        AuthorizationHandlerContext context, StatedRight requirement, HttpContext resource)
    {
        if (resource.GetEndpoint() is not RouteEndpoint endpoint
            || endpoint.Metadata.GetMetadata<RequiresAttribute>() is not null)
            context.Succeed(requirement);
        return Task.CompletedTask;
    }
}
