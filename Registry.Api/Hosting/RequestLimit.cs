using Microsoft.AspNetCore.Http.Features;
using Registry.Core.Errors;

namespace Registry.Api.Hosting;

/// <summary>
/// Refuses a body that says itself that it is too large before any of it is read. The server's own limit would close
/// the connection on a client that still sends, and which then never reads the 413; it stays in force for bodies that
/// do not say their length.
/// </summary>
internal sealed class RequestLimit(RequestDelegate next, LimitSettings limits)
{
    /// <summary>Handles one request.</summary>
    /// <exception cref="RegistryException"><see cref="ErrorCode.RequestTooLarge"/>.</exception>
    public Task InvokeAsync(HttpContext context)
    {
        if (!(context.Request.ContentLength > limits.RequestBytes))
            return next(context);
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } body)
            body.MaxRequestBodySize = null;
        throw new RegistryException(
            ErrorCode.RequestTooLarge,
            $"The request is larger than {limits.RequestBytes} bytes, the limit of this registry.",
            ("limit", limits.RequestBytes));
    }
}
