using Registry.Core.Storage;
using Registry.Core.Transfers;
using StackExchange.Redis;

namespace Registry.Storage.Redis;

/// <summary>
/// The connection to the server. It enforces a deadline on every call, as the client's own timeout is accurate only to
/// the second. It replaces a connection that broke or stopped responding, and converts exceptions. Connection attempts
/// run one at a time, with growing pauses while they are unsuccessful.
/// </summary>
internal sealed class RedisConnection : IAsyncDisposable
{
    /// <summary>Every call goes to the master: replies of a replica may be stale.</summary>
    public const CommandFlags Flags = CommandFlags.DemandMaster;

    /// <summary>
    /// The first pause after a failed attempt, or after the second connection in a row that served no call. It doubles
    /// each time. Calls fail during a pause.
    /// </summary>
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);

    /// <summary>The longest pause, within which a recovered server is found.</summary>
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(500);

    /// <summary>With this many connections still to be closed, every replacement waits for a pause.</summary>
    private const int MaxRetired = 16;

    private readonly TimeProvider time;
    private readonly TimeSpan deadline;
    private readonly RedisConnector connector;
    private readonly Lock gate = new();
    private readonly HashSet<ConnectionMultiplexer> retired = [];
    private ConnectionMultiplexer? live;

    /// <summary>The current attempt, or the error that callers get until the pause is over.</summary>
    private Task<ConnectionMultiplexer>? connecting;

    /// <summary>The last connection that served a call.</summary>
    private ConnectionMultiplexer? proven;

    /// <summary>The number of connections retired since then without serving a call.</summary>
    private int unproven;
    private TimeSpan pause;
    private long pausedAt;
    private bool disposed;

    public RedisConnection(RedisOptions options, TimeProvider time)
    {
        this.time = time;
        deadline = TimeSpan.FromSeconds(options.DeadlineSeconds);
        connector = new RedisConnector(options.Configuration, deadline);
    }

    /// <summary>The addresses of the server, without credentials.</summary>
    public string Addresses => connector.Addresses;

    /// <summary>
    /// Runs a script atomically. A script that writes cannot be cancelled once it is sent: a write must not happen
    /// after the caller has been told that it was cancelled.
    /// </summary>
    /// <exception cref="StorageException">The call failed; whether the script ran is unknown.</exception>
    public ValueTask<RedisResult> EvaluateAsync(
        RedisScript script, RedisKey[] keys, RedisValue[] values, CancellationToken cancellationToken) =>
        CallAsync(
            database => script.EvaluateAsync(database, keys, values),
            script.Writes ? CancellationToken.None : cancellationToken,
            cancellationToken);

    /// <summary>
    /// Runs a script that takes a chunk. The memory of the chunk is reused only after a reply: a call that was given
    /// up may still be sending it.
    /// </summary>
    /// <exception cref="StorageException">The call failed; whether the script ran is unknown.</exception>
    public async Task<RedisResult> EvaluateAsync(
        Chunk chunk, RedisScript script, RedisKey[] keys, RedisValue[] values, CancellationToken cancellationToken)
    {
        var replied = false;
        try
        {
            var reply = await EvaluateAsync(script, keys, values, cancellationToken);
            replied = true;
            return reply;
        }
        finally
        {
            if (replied)
                chunk.Recycle();
            else
                chunk.Abandon();
        }
    }

    /// <summary>Makes a read-only call within the deadline.</summary>
    /// <param name="call">Sends the call. It may be invoked twice if the first attempt was not sent.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="StorageException">The call failed.</exception>
    public ValueTask<T> CallAsync<T>(
        Func<IDatabase, Task<T>> call,
        CancellationToken cancellationToken) => CallAsync(call, cancellationToken, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        ConnectionMultiplexer[] remaining;
        lock (gate)
        {
            if (disposed)
                return;
            disposed = true;
            remaining = live is null ? [.. retired] : [live, .. retired];
            live = null;
            retired.Clear();
        }

        foreach (var connection in remaining)
            await RedisConnector.CloseAsync(connection);
    }

    private async ValueTask<T> CallAsync<T>(
        Func<IDatabase, Task<T>> call, CancellationToken afterSend, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var started = time.GetTimestamp();
        for (var first = true; ; first = false)
        {
            ConnectionMultiplexer? connection = null;
            try
            {
                connection = await WithinAsync(ConnectedAsync(), started, cancellationToken);
                var reply = await WithinAsync(call(connection.GetDatabase()), started, afterSend);
                if (proven != connection)
                    MarkProven(connection);
                return reply;
            }
            catch (Exception exception) when (exception is not OperationCanceledException
                || !cancellationToken.IsCancellationRequested)
            {
                if (connection is not null && RedisFault.EndsConnection(exception))
                    Retire(connection, exception);
                if (!first || connection is null || !RedisFault.WasNotSent(exception))
                    throw RedisFault.From(exception, connection is not null && !RedisFault.WasNotSent(exception));
            }
        }
    }

    private async Task<T> WithinAsync<T>(Task<T> reply, long started, CancellationToken cancellationToken)
    {
        if (reply.IsCompleted)
            return await reply;
        var remaining = deadline - time.GetElapsedTime(started);
        try
        {
            return await reply.WaitAsync(
                remaining > TimeSpan.Zero ? remaining : TimeSpan.Zero, time, cancellationToken);
        }
        finally
        {
            // The call was given up: its late failure is expected and not needed.
            if (!reply.IsCompleted)
                _ = reply.ContinueWith(
                    late => late.Exception,
                    CancellationToken.None,
                    TaskContinuationOptions.OnlyOnFaulted,
                    TaskScheduler.Default);
        }
    }

    /// <summary>Returns the live connection, or the connection attempt that all callers share.</summary>
    private Task<ConnectionMultiplexer> ConnectedAsync()
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            if (live is { IsConnected: true })
                return Task.FromResult(live);
            if (live is not null)
                Retire(
                    live,
                    new StorageException(StorageFault.Unavailable, "The connection to Redis is broken.")
                    {
                        ChangedNothing = true,
                    });
            // A successful attempt has cleared this field, so a completed one has failed or, when its connection broke,
            // was cancelled by the client.
            if (connecting is { IsCompleted: true } && time.GetElapsedTime(pausedAt) >= pause)
                connecting = null;
            return connecting ??= Task.Run(ConnectAsync);
        }
    }

    private async Task<ConnectionMultiplexer> ConnectAsync()
    {
        try
        {
            var connection = await connector.ConnectAsync();
            lock (gate)
            {
                if (!disposed)
                {
                    (live, connecting) = (connection, null);
                    return connection;
                }
            }

            await RedisConnector.CloseAsync(connection);
            throw new ObjectDisposedException(nameof(RedisConnection));
        }
        catch
        {
            lock (gate)
                Pause();
            throw;
        }
    }

    private void MarkProven(ConnectionMultiplexer connection)
    {
        lock (gate)
            (proven, unproven, pause) = (connection, 0, TimeSpan.Zero);
    }

    /// <summary>Begins a pause, longer than the previous one.</summary>
    private void Pause()
    {
        pausedAt = time.GetTimestamp();
        pause = TimeSpan.FromTicks(Math.Clamp(2 * pause.Ticks, FirstPause.Ticks, LongestPause.Ticks));
    }

    /// <summary>
    /// Takes a connection out of use. The next call replaces it, but only after a pause if it was the second in a row
    /// that served no call. Otherwise every request would open a connection to a server that has become a replica or
    /// rejects all calls.
    /// </summary>
    private void Retire(ConnectionMultiplexer connection, Exception fault)
    {
        lock (gate)
        {
            if (live != connection)
                return;
            live = null;
            retired.Add(connection);
            if (proven != connection)
                unproven++;
            if (unproven > 1 || retired.Count >= MaxRetired)
            {
                Pause();
                connecting = Task.FromException<ConnectionMultiplexer>(fault);
            }
        }

        _ = CloseLaterAsync(connection);
    }

    /// <summary>
    /// Closes a retired connection. Unless it is broken, replies to pending calls may still arrive until their
    /// deadline.
    /// </summary>
    private async Task CloseLaterAsync(ConnectionMultiplexer connection)
    {
        if (connection.IsConnected)
            await Task.Delay(deadline, time);
        lock (gate)
        {
            if (!retired.Remove(connection))
                return;
        }

        await RedisConnector.CloseAsync(connection);
    }
}
