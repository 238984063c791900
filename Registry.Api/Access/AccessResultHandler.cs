using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using Registry.Api.Http;
using Registry.Core.Access;
using Registry.Core.Errors;

namespace Registry.Api.Access;

/// <summary>
/// Lets a request pass, or throws the same exceptions as the use cases. Responses that depend on the caller are marked
/// private, so that a shared cache does not serve them to others.
/// </summary>
internal sealed class AccessResultHandler : IAuthorizationMiddlewareResultHandler
{
    /// <inheritdoc/>
    /// <exception cref="RegistryException">
    /// <see cref="ErrorCode.Unauthorized"/>, or <see cref="ErrorCode.Forbidden"/> for a known caller.
    /// </exception>
    public Task HandleAsync(
        RequestDelegate next,
        HttpContext context,
        AuthorizationPolicy policy,
        PolicyAuthorizationResult authorizeResult)
    {
        // There is no such path or method: the response is the same for everyone.
        if (context.GetEndpoint() is not RouteEndpoint)
            return next(context);
        context.Response.OnStarting(MakePrivateAsync, context);
        return authorizeResult.Succeeded ? next(context) : throw RefusalOf(context);
    }

    private static RegistryException RefusalOf(HttpContext context)
    {
        if (RequestAccess.Of(context).Problem is { } problem)
            return new RegistryException(ErrorCode.Unauthorized, problem);
        var right = context.GetEndpoint()!.Metadata.GetMetadata<RequiresAttribute>()?.For(context);
        var resources = ApiProtocol.Of(context).ResourcesOf(context).ToList();
        return AccessErrors.Denied(
            RequestCaller.Of(context),
            right?.Actions ?? AccessActions.None,
            resources.Count == 0 || right is null ? null : right.NameOf(resources[0]));
    }

    private static Task MakePrivateAsync(object state)
    {
        var context = (HttpContext)state;
        var headers = context.Response.Headers;
        if (StringValues.IsNullOrEmpty(headers.CacheControl) && RequestAccess.Of(context).IsSignedIn)
            headers.CacheControl = "no-cache";
        headers.CacheControl = StringValues.IsNullOrEmpty(headers.CacheControl)
            ? "private"
            : $"private, {headers.CacheControl}";
        var credentials = PageAttribute.IsOn(context)
            ? $"{HeaderNames.Authorization}, {HeaderNames.Cookie}"
            : HeaderNames.Authorization;
        headers.Vary = StringValues.IsNullOrEmpty(headers.Vary) ? credentials : $"{headers.Vary}, {credentials}";
        return Task.CompletedTask;
    }
}
