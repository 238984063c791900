using System.Net.Sockets;
using System.Text;

namespace Registry.Tests.Support;

/// <summary>Sends raw bytes, which need not be valid HTTP.</summary>
internal static class RawHttp
{
    /// <summary>
    /// Returns everything up to the end of the connection as Latin-1: the request needs <c>Connection: close</c>.
    /// </summary>
    public static async Task<string> SendAsync(
        Uri address, string request) => await SendAsync(address, Encoding.Latin1.GetBytes(request));

    /// <summary>
    /// Returns one response with a <c>Content-Length</c> as Latin-1. It does not wait for the end of the connection,
    /// which the server closes some seconds later if the body of the request never arrives.
    /// </summary>
    public static async Task<string> SendForResponseAsync(Uri address, string request)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var client = await SlowClient.ConnectAsync(address, deadline.Token);
        await client.SendAsync(request, deadline.Token);
        return Encoding.Latin1.GetString(await client.ReadResponseAsync(deadline.Token));
    }

    /// <inheritdoc cref="SendAsync(Uri, string)"/>
    public static async Task<string> SendAsync(Uri address, byte[] request)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var socket = new TcpClient();
        await socket.ConnectAsync(address.Host, address.Port, deadline.Token);
        await using var stream = socket.GetStream();
        await stream.WriteAsync(request, deadline.Token);
        var response = new MemoryStream();
        try
        {
            await stream.CopyToAsync(response, deadline.Token);
        }
        catch (IOException)
        {
            // The server reset the connection; the response is what arrived before.
        }

        return Encoding.Latin1.GetString(response.ToArray());
    }
}
