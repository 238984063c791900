using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Registry.Tests.Support;

/// <summary>
/// A loopback proxy before a server, through which a test loses answers, falls silent and breaks connections.
/// </summary>
public sealed class FaultyProxy : IAsyncDisposable
{
    /// <summary>An answer that is to be lost has been given when nothing more comes for this long.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(100);

    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource ended = new();
    private readonly ConcurrentDictionary<Socket, Socket> connections = new();
    private readonly Task accepting;
    private readonly int target;
    private byte[]? doomed;

    private FaultyProxy(int target)
    {
        this.target = target;
        listener.Start();
        Port = ((IPEndPoint)listener.LocalEndpoint).Port;
        accepting = AcceptAsync();
    }

    public int Port { get; }

    /// <summary>While true nothing passes in either direction, and nothing is closed.</summary>
    public bool Silent { get; set; }

    /// <summary>How many answers were lost by <see cref="LoseAnswerTo"/>.</summary>
    public int Lost { get; private set; }

    public static FaultyProxy Before(int port) => new(port);

    /// <summary>
    /// The next request that contains this text reaches the server, which answers; the client gets a reset connection
    /// in place of the answer.
    /// </summary>
    public void LoseAnswerTo(string text) => Volatile.Write(ref doomed, Encoding.UTF8.GetBytes(text));

    /// <summary>No answer is lost any more, unless its request has passed already.</summary>
    public void LoseNothing() => Volatile.Write(ref doomed, null);

    /// <summary>Resets every connection.</summary>
    public void ResetAll()
    {
        foreach (var (client, server) in connections)
            Reset(client, server);
    }

    public async ValueTask DisposeAsync()
    {
        await ended.CancelAsync();
        listener.Stop();
        await accepting;
        ResetAll();
        ended.Dispose();
    }

    private static void Reset(Socket client, Socket server)
    {
        try
        {
            client.LingerState = new LingerOption(enable: true, seconds: 0);
        }
        catch (ObjectDisposedException)
        {
            // It has closed of itself.
        }

        client.Close();
        server.Close();
    }

    private async Task AcceptAsync()
    {
        while (!ended.IsCancellationRequested)
            try
            {
                var client = await listener.AcceptSocketAsync(ended.Token);
                _ = ServeAsync(client);
            }
            catch (OperationCanceledException)
            {
                return;
            }
    }

    private async Task ServeAsync(Socket client)
    {
        using var server = new Socket(SocketType.Stream, ProtocolType.Tcp);
        using (client)
            try
            {
                await server.ConnectAsync(IPAddress.Loopback, target, ended.Token);
                client.NoDelay = server.NoDelay = true;
                connections[client] = server;
                var losing = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                await await Task.WhenAny(
                    RequestsAsync(client, server, losing), AnswersAsync(client, server, losing.Task));
            }
            catch (Exception broken) when (broken is SocketException or ObjectDisposedException
                or OperationCanceledException)
            {
                // One side is gone: so is the other.
            }
            finally
            {
                connections.TryRemove(client, out _);
            }
    }

    private async Task RequestsAsync(Socket client, Socket server, TaskCompletionSource losing)
    {
        var buffer = new byte[64 * 1024];
        var seen = Array.Empty<byte>();
        while (await client.ReceiveAsync(buffer, ended.Token) is > 0 and var count)
        {
            await WhileSilentAsync();
            var piece = buffer.AsMemory(0, count);
            if (Volatile.Read(ref doomed) is { } pattern)
            {
                // The text may lie over two pieces.
                seen = [.. seen, .. piece.Span];
                if (seen.AsSpan().IndexOf(pattern) >= 0
                    && Interlocked.CompareExchange(ref doomed, null, pattern) == pattern)
                    losing.TrySetResult();
                seen = seen[^Math.Min(seen.Length, pattern.Length)..];
            }

            for (var rest = piece; !rest.IsEmpty;)
                rest = rest[await server.SendAsync(rest, ended.Token)..];
        }
    }

    private async Task AnswersAsync(Socket client, Socket server, Task losing)
    {
        var buffer = new byte[64 * 1024];
        while (await server.ReceiveAsync(buffer, ended.Token) is > 0 and var count)
        {
            await WhileSilentAsync();
            if (losing.IsCompleted)
            {
                while (server.Poll(Quiet, SelectMode.SelectRead) && server.Available > 0)
                    await server.ReceiveAsync(buffer, ended.Token);
                Lost++;
                Reset(client, server);
                return;
            }

            for (var rest = buffer.AsMemory(0, count); !rest.IsEmpty;)
                rest = rest[await client.SendAsync(rest, ended.Token)..];
        }
    }

    private async Task WhileSilentAsync()
    {
        while (Silent)
            await Task.Delay(10, ended.Token);
    }
}
