using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Registry.Tests.Support;

/// <summary>
/// A client on a plain socket that sends and reads as slowly as a test requires. Unread data stays at the server.
/// </summary>
internal sealed class SlowClient : IDisposable
{
    private readonly Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };

    private SlowClient()
    {
    }

    /// <summary>Connects.</summary>
    public static async Task<SlowClient> ConnectAsync(Uri address, CancellationToken cancellationToken)
    {
        var client = new SlowClient();
        await client.socket.ConnectAsync(address.Host, address.Port, cancellationToken);
        return client;
    }

    /// <summary>Connects and sends a GET request, without reading the response.</summary>
    public static async Task<SlowClient> GetAsync(
        Uri address, string path, string headers, CancellationToken cancellationToken)
    {
        var client = await ConnectAsync(address, cancellationToken);
        await client.SendAsync(
            $"GET {path} HTTP/1.1\r\nHost: {address.Authority}\r\nConnection: close\r\n{headers}\r\n",
            cancellationToken);
        return client;
    }

    /// <summary>Sends text.</summary>
    public Task SendAsync(
        string text,
        CancellationToken cancellationToken) => SendAsync(Encoding.Latin1.GetBytes(text), cancellationToken);

    /// <summary>Sends bytes.</summary>
    public async Task SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        while (!bytes.IsEmpty)
            bytes = bytes[await socket.SendAsync(bytes, cancellationToken)..];
    }

    /// <summary>Reads once.</summary>
    /// <returns>The number of bytes; 0 at the end or after a reset.</returns>
    public async Task<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            return await socket.ReceiveAsync(buffer, cancellationToken);
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.ConnectionReset)
        {
            return 0;
        }
    }

    /// <summary>Reads until the connection is closed or reset.</summary>
    public async Task<byte[]> ReadToEndAsync(CancellationToken cancellationToken)
    {
        // With the small window of a slow client, the rest would take up to a minute.
        socket.ReceiveBufferSize = 64 * 1024;
        var response = new MemoryStream();
        var buffer = new byte[64 * 1024];
        for (int read; (read = await ReadAsync(buffer, cancellationToken)) > 0;)
            response.Write(buffer, 0, read);
        return response.ToArray();
    }

    /// <summary>
    /// Reads one response with a <c>Content-Length</c>, or everything up to the end of the connection.
    /// </summary>
    public async Task<byte[]> ReadResponseAsync(CancellationToken cancellationToken)
    {
        var response = new MemoryStream();
        var buffer = new byte[64 * 1024];
        for (int read; (read = await ReadAsync(buffer, cancellationToken)) > 0;)
        {
            response.Write(buffer, 0, read);
            if (BodyOf(response.ToArray()) is not null)
                break;
        }

        return response.ToArray();
    }

    /// <summary>
    /// Returns the body of a response; null if it is shorter than its <c>Content-Length</c> or has none.
    /// </summary>
    public static byte[]? BodyOf(byte[] response)
    {
        var end = response.AsSpan().IndexOf("\r\n\r\n"u8);
        if (end < 0)
            return null;
        var headers = Encoding.Latin1.GetString(response, 0, end);
        var length = headers.Split("\r\n")
            .FirstOrDefault(static line => line.StartsWith("Content-Length: ", StringComparison.OrdinalIgnoreCase));
        if (length is null)
            return null;
        var body = response[(end + 4)..];
        return body.Length == int.Parse(length[16..], CultureInfo.InvariantCulture) ? body : null;
    }

    /// <inheritdoc/>
    public void Dispose() => socket.Dispose();
}
