using Registry.Api.Http;
using Registry.Core.Access;

namespace Registry.Api.Access;

/// <summary>Determines the caller of an HTTP request.</summary>
internal static class RequestCaller
{
    /// <summary>Returns the caller of a request.</summary>
    /// <param name="context">The request. Forwarded headers have been applied.</param>
    public static Caller Of(HttpContext context)
    {
        var identity = RequestAccess.Of(context).Identity;
        return new Caller(
            identity.Kind,
            identity.Name,
            ApiProtocol.Of(context).Name,
            AddressOf(context),
            context.TraceIdentifier)
        {
            Id = identity.Id,
            Scopes = identity.Scopes,
            ExpiresAt = identity.ExpiresAt,
        };
    }

    /// <summary>
    /// Returns the address of the client; null if it is unknown. A dual-mode socket maps IPv4 addresses to IPv6; they
    /// are mapped back.
    /// </summary>
    public static string? AddressOf(HttpContext context)
    {
        var address = context.Connection.RemoteIpAddress;
        return (address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4() : address)?.ToString();
    }
}
