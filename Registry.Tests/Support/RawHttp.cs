using System.Net.Sockets;
using System.Text;

namespace Registry.Tests.Support;

/// <summary>Sends bytes that no HTTP client would.</summary>
internal static class RawHttp
{
    /// <summary>
    /// Returns everything that was answered until the server closed, as Latin-1. Ask it to, with
    /// <c>Connection: close</c>.
    /// </summary>
    public static async Task<string> SendAsync(
        Uri address, string request) => await SendAsync(address, Encoding.Latin1.GetBytes(request));

    /// <summary>
    /// Returns one answer that has a <c>Content-Length</c>, as Latin-1. A server closes some seconds later when the
    /// body of the request never comes.
    /// </summary>
    public static async Task<string> SendForAnswerAsync(Uri address, string request)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var client = await SlowClient.ConnectAsync(address, deadline.Token);
        await client.SendAsync(request, deadline.Token);
        return Encoding.Latin1.GetString(await client.ReadAnswerAsync(deadline.Token));
    }

    /// <inheritdoc cref="SendAsync(Uri, string)"/>
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
            // Reset by the server: what came before it is the answer.
        }

        return Encoding.Latin1.GetString(answer.ToArray());
    }
}
