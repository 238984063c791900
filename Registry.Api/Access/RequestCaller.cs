using System.Net;
using Registry.Core.Access;

namespace Registry.Api.Access;

/// <summary>Determines the caller of an HTTP request.</summary>
internal static class RequestCaller
{
    /// <summary>Returns the caller of a request.</summary>
    /// <param name="context">The request. Forwarded headers have been applied.</param>
    /// <param name="protocol">The protocol of the request.</param>
    public static Caller Of(HttpContext context, string protocol) => new(
        CallerKind.Anonymous,
        Name: null,
        protocol,
        AddressOf(context.Connection.RemoteIpAddress),
        context.TraceIdentifier);

    /// <summary>Formats an address. Dual-stack sockets report IPv4 addresses mapped to IPv6.</summary>
    private static string? AddressOf(IPAddress? address) =>
        (address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4() : address)?.ToString();
}
