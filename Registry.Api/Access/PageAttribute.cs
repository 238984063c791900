using Microsoft.AspNetCore.Mvc.Filters;
using Registry.Core.Errors;

namespace Registry.Api.Access;

/// <summary>
/// Marks web pages. Only they accept the session cookie. Browsers send it automatically, so a form must come from a
/// page of this registry.
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class PageAttribute : Attribute, IResourceFilter
{
    /// <summary>Whether the endpoint of a request is a page.</summary>
    public static bool IsOn(HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetMetadata<PageAttribute>() is not null;

    /// <inheritdoc/>
    /// <exception cref="RegistryException">
    /// <see cref="ErrorCode.Forbidden"/>: the form does not come from a page of this registry.
    /// </exception>
    public void OnResourceExecuting(ResourceExecutingContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var request = context.HttpContext.Request;
        if (!HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method) && !SameOrigin.IsOf(request))
            throw new RegistryException(
                ErrorCode.Forbidden,
                $"The form was not sent by a page of this registry, whose host is '{request.Host.Value}'. Open the "
                    + "page and send its form. A proxy in front of the registry must forward the Host header.");
    }

    /// <inheritdoc/>
    public void OnResourceExecuted(ResourceExecutedContext context)
    {
    }
}
