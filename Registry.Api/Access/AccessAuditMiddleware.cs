using Registry.Api.Http;
using Registry.Api.Logging;
using Registry.Core.Errors;
using Registry.Core.Events;
using Registry.Core.Tokens;

namespace Registry.Api.Access;

/// <summary>
/// Raises an event for every request that is denied to a known caller, and for every request with credentials that are
/// rejected. A request without credentials raises none: every login begins with one.
/// </summary>
internal sealed class AccessAuditMiddleware(RequestDelegate next, RegistryEvents events)
{
    /// <summary>Handles one request, inside the handling of errors.</summary>
    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
        }
        catch (RegistryException exception) when (ActionOf(context, exception) is { } action)
        {
            Raise(context, exception, action);
            throw;
        }
    }

    private static RegistryAction? ActionOf(HttpContext context, RegistryException refusal)
    {
        var access = RequestAccess.Of(context);
        return refusal.Code switch
        {
            ErrorCode.Forbidden when access.IsKnown => RegistryAction.RequestDenied,
            ErrorCode.Unauthorized when access.IsKnown || access.Problem is not null || IsLogin(context) =>
                RegistryAction.CredentialsRefused,
            _ => null,
        };
    }

    /// <summary>
    /// Whether the endpoint is a login: the only public endpoint that rejects credentials, which are in its body.
    /// </summary>
    private static bool IsLogin(HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetMetadata<PublicAttribute>() is not null;

    private void Raise(HttpContext context, RegistryException refusal, RegistryAction action)
    {
        var resources = ApiProtocol.Of(context).ResourcesOf(context).Take(1).ToList();
        events.Raise(new RegistryEvent(
            events.Now,
            RequestCaller.Of(context),
            action,
            LogText.Shorten(
                resources is [{ Path.Length: > 0 } resource] ? resource.ToString() : PathOf(context.Request)))
        {
            Reason = LogText.Shorten(refusal.Message),
        });
    }

    /// <summary>Returns the requested path with token secrets redacted.</summary>
    private static string PathOf(HttpRequest request) =>
        TokenSecret.Redact(new PathString(JoinedPath.Split(request.Path.Value ?? "")).ToString());
}
