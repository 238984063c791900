using System.Net.Sockets;
using System.Text;

namespace Registry.Tests.Support;

/// <summary>
/// Sends bytes that no HTTP client would, and reads until the server closes: ask it to, with <c>Connection: close</c>.
/// </summary>
internal static class RawHttp
{
    /// <summary>Everything that was answered, as Latin-1.</summary>
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
            // Reset by the server: what came before it is the answer.
        }

        return Encoding.Latin1.GetString(answer.ToArray());
    }
}
