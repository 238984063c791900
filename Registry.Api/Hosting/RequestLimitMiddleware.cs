using Registry.Api.Http;
using Registry.Core.Errors;

namespace Registry.Api.Hosting;

/// <summary>
/// Rejects a body whose <c>Content-Length</c> is too large, before it is read. The server's own limit would close the
/// connection while the client still sends, so that the client never reads the 413; it still applies to bodies without
/// a length. A protocol that limits the bodies itself is exempt.
/// </summary>
internal sealed class RequestLimitMiddleware(RequestDelegate next, LimitSettings limits)
{
    /// <summary>Handles one request.</summary>
    /// <exception cref="RegistryException"><see cref="ErrorCode.RequestTooLarge"/>: the body is too large.</exception>
    public Task InvokeAsync(HttpContext context)
    {
        if (!(context.Request.ContentLength > limits.RequestBytes) || ApiProtocol.Of(context).LimitsBodies)
            return next(context);
        BodyLimit.Lift(context);
        throw new RegistryException(
            ErrorCode.RequestTooLarge,
            $"The request is larger than {limits.RequestBytes} bytes, the limit of this registry.",
            ("limit", limits.RequestBytes));
    }
}
