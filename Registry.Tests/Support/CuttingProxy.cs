using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Registry.Tests.Support;

/// <summary>A loopback proxy in front of a server that drops responses and resets connections on demand.</summary>
public sealed class CuttingProxy : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource ended = new();
    private readonly ConcurrentDictionary<Socket, Task> connections = new();
    private readonly int target;
    private readonly Task accepting;

    public CuttingProxy(int target)
    {
        this.target = target;
        listener.Start();
        accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    /// <summary>Whether responses of the server are dropped; requests still reach it.</summary>
    public bool DropsResponses { get; set; }

    /// <summary>Resets every connection; new connections pass responses again.</summary>
    public async Task CutAsync()
    {
        foreach (var (client, serving) in connections)
        {
            connections.TryRemove(client, out _);
            try
            {
                client.LingerState = new LingerOption(enable: true, seconds: 0);
            }
            catch (ObjectDisposedException)
            {
                // The connection is closed already.
            }

            client.Close();
            await serving;
        }

        DropsResponses = false;
    }

    public async ValueTask DisposeAsync()
    {
        await ended.CancelAsync();
        await accepting;
        listener.Dispose();
        await CutAsync();
        ended.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await listener.AcceptSocketAsync(ended.Token);
                connections[client] = ServeAsync(client);
            }
        }
        catch (OperationCanceledException)
        {
            // The proxy is being disposed.
        }
    }

    private async Task ServeAsync(Socket client)
    {
        using var server = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        client.NoDelay = true;
        try
        {
            await server.ConnectAsync(IPAddress.Loopback, target, ended.Token);
            await await Task.WhenAny(
                ForwardAsync(client, server, static () => true), ForwardAsync(server, client, () => !DropsResponses));
        }
        catch (Exception exception)
            when (exception is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // One side has disconnected, so the other is closed too.
        }

        client.Close();
    }

    private async Task ForwardAsync(Socket from, Socket to, Func<bool> passes)
    {
        var buffer = new byte[64 * 1024];
        while (await from.ReceiveAsync(buffer, ended.Token) is > 0 and var count)
            for (var rest = buffer.AsMemory(0, count); passes() && !rest.IsEmpty;)
                rest = rest[await to.SendAsync(rest, ended.Token)..];
    }
}
