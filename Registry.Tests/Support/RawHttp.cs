using System.Net.Sockets;
using System.Text;

namespace Registry.Tests.Support;

/// <summary>
/// Sends raw bytes and reads until the server closes the connection: the request needs <c>Connection: close</c>.
/// </summary>
internal static class RawHttp
{
    /// <summary>Returns the whole response as Latin-1.</summary>
    public static async Task<string> SendAsync(
        Uri address, string request) => await SendAsync(address, Encoding.Latin1.GetBytes(request));

    public static async Task<string> SendAsync(Uri address, byte[] request)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var socket = new TcpClient();
        await socket.ConnectAsync(address.Host, address.Port, deadline.Token);
        await using var stream = socket.GetStream();
        await stream.WriteAsync(request, deadline.Token);
        var answer = new MemoryStream();
        try
        {
            await stream.CopyToAsync(answer, deadline.Token);
        }
        catch (IOException)
        {
            // The server reset the connection; the response is what arrived before.
        }

        return Encoding.Latin1.GetString(answer.ToArray());
    }
}
