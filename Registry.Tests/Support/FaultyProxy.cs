using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Registry.Tests.Support;

/// <summary>A loopback proxy in front of a server that drops responses, stalls and resets connections.</summary>
public sealed class FaultyProxy : IAsyncDisposable
{
    /// <summary>A response to drop is complete when no more bytes arrive for this long.</summary>
    private static readonly TimeSpan ResponseGap = TimeSpan.FromMilliseconds(100);

    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource ended = new();
    private readonly ConcurrentDictionary<Socket, Socket> connections = new();
    private readonly Task accepting;
    private readonly int target;
    private byte[]? dropPattern;
    private (byte[] Pattern, Func<Task> WaitAsync)? slow;

    private FaultyProxy(int target)
    {
        this.target = target;
        listener.Start();
        Port = ((IPEndPoint)listener.LocalEndpoint).Port;
        accepting = AcceptAsync();
    }

    public int Port { get; }

    /// <summary>Whether all traffic is held back in both directions; connections stay open.</summary>
    public bool Silent { get; set; }

    /// <summary>The number of responses that <see cref="DropResponseTo"/> dropped.</summary>
    public int Lost { get; private set; }

    public static FaultyProxy Before(int port) => new(port);

    /// <summary>
    /// Passes the next request that contains this text to the server, and resets the client's connection instead of
    /// returning the response.
    /// </summary>
    public void DropResponseTo(string text) => Volatile.Write(ref dropPattern, Encoding.UTF8.GetBytes(text));

    /// <summary>Stops dropping responses, except for a request that has already passed.</summary>
    public void StopDropping() => Volatile.Write(ref dropPattern, null);

    /// <summary>Holds back each request that contains this text.</summary>
    public void Delay(string text, TimeSpan delay) =>
        slow = (Encoding.UTF8.GetBytes(text), () => Task.Delay(delay, ended.Token));

    /// <summary>Holds back each request that contains this text, until the result is set.</summary>
    public TaskCompletionSource Hold(string text)
    {
        var released = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        slow = (Encoding.UTF8.GetBytes(text), () => released.Task.WaitAsync(ended.Token));
        return released;
    }

    /// <summary>Resets every connection.</summary>
    public void ResetAll()
    {
        foreach (var (client, server) in connections)
            Reset(client, server);
    }

    public async ValueTask DisposeAsync()
    {
        await ended.CancelAsync();
        await accepting;
        listener.Stop();
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
            // The connection is closed already.
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
                var dropping = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                await await Task.WhenAny(
                    ForwardRequestsAsync(client, server, dropping),
                    ForwardResponsesAsync(client, server, dropping.Task));
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException
                or OperationCanceledException)
            {
                // One side has disconnected, so the other is closed too.
            }
            finally
            {
                connections.TryRemove(client, out _);
            }
    }

    private async Task ForwardRequestsAsync(Socket client, Socket server, TaskCompletionSource dropping)
    {
        var buffer = new byte[64 * 1024];
        var seen = Array.Empty<byte>();
        while (await client.ReceiveAsync(buffer, ended.Token) is > 0 and var count)
        {
            await WhileSilentAsync();
            var piece = buffer.AsMemory(0, count);
            if (slow is var (text, waitAsync) && piece.Span.IndexOf(text) >= 0)
                await waitAsync();
            if (Volatile.Read(ref dropPattern) is { } pattern)
            {
                // The text may span two pieces.
                seen = [.. seen, .. piece.Span];
                if (seen.AsSpan().IndexOf(pattern) >= 0
                    && Interlocked.CompareExchange(ref dropPattern, null, pattern) == pattern)
                    dropping.TrySetResult();
                seen = seen[^Math.Min(seen.Length, pattern.Length)..];
            }

            for (var rest = piece; !rest.IsEmpty;)
                rest = rest[await server.SendAsync(rest, ended.Token)..];
        }
    }

    private async Task ForwardResponsesAsync(Socket client, Socket server, Task dropping)
    {
        var buffer = new byte[64 * 1024];
        while (await server.ReceiveAsync(buffer, ended.Token) is > 0 and var count)
        {
            await WhileSilentAsync();
            if (dropping.IsCompleted)
            {
                while (server.Poll(ResponseGap, SelectMode.SelectRead) && server.Available > 0)
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
