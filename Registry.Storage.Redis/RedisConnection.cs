using System.Net;
using Registry.Core.Storage;
using StackExchange.Redis;

namespace Registry.Storage.Redis;

/// <summary>
/// The one way to the server: a deadline on every call, which the client by itself keeps to the second at best; a new
/// connection where the old one broke or stopped answering; and one kind of exception. Connections are made one at a
/// time, and with growing pauses while they are of no use.
/// </summary>
internal sealed class RedisConnection : IAsyncDisposable
{
    /// <summary>Every call goes to the master: what a replica answers may be old.</summary>
    public const CommandFlags Flags = CommandFlags.DemandMaster;

    /// <summary>
    /// The first pause after an attempt that failed, or after the second connection in a row that served no call. Each
    /// further one is twice as long. Callers are refused meanwhile.
    /// </summary>
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);

    /// <summary>The longest pause: a server that is well again is found within it.</summary>
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// With so many connections still to be closed, even one that has served calls is replaced after a pause.
    /// </summary>
    private const int MaxRetired = 16;

    /// <summary>How much of the deadline an attempt to connect may take.</summary>
    private const double ConnectShare = 0.8;

    private readonly TimeProvider time;
    private readonly TimeSpan deadline;
    private readonly ConfigurationOptions configuration;
    private readonly Lock gate = new();
    private readonly HashSet<ConnectionMultiplexer> retired = [];
    private ConnectionMultiplexer? live;

    /// <summary>The attempt under way, or the fault that callers get until the pause is over.</summary>
    private Task<ConnectionMultiplexer>? connecting;

    /// <summary>The last connection that has served a call.</summary>
    private ConnectionMultiplexer? proven;

    /// <summary>How many connections since have been retired without having served a call.</summary>
    private int useless;
    private TimeSpan pause;
    private long pausedAt;
    private bool disposed;

    public RedisConnection(RedisOptions options, TimeProvider time)
    {
        this.time = time;
        deadline = TimeSpan.FromSeconds(options.DeadlineSeconds);
        configuration = ConfigurationOptions.Parse(options.Configuration);
        configuration.ClientName ??= "registry";

        // Whether and when to connect again is decided here; the client itself is to try once and to say so, and to
        // hold no call back until it has.
        configuration.AbortOnConnectFail = true;
        configuration.ConnectRetry = 1;
        configuration.BacklogPolicy = BacklogPolicy.FailFast;

        // For clients that elect a master among themselves. They would need rights to a key and a channel outside of
        // the prefix.
        configuration.TieBreaker = configuration.ConfigurationChannel = "";
        configuration.SyncTimeout = configuration.AsyncTimeout = (int)deadline.TotalMilliseconds;

        // What it says of a connection that it cannot make, such as that the password is wrong, is to come before the
        // deadline.
        configuration.ConnectTimeout = (int)(deadline * ConnectShare).TotalMilliseconds;
    }

    /// <summary>The addresses of the server, without user and password.</summary>
    public string Addresses => string.Join(", ", configuration.EndPoints.Select(static endpoint => endpoint switch
    {
        DnsEndPoint { Port: 0 } host => host.Host,
        DnsEndPoint host => $"{host.Host}:{host.Port}",
        _ => $"{endpoint}",
    }));

    /// <summary>
    /// Runs a script atomically. One that writes is waited for once it is sent, even where it is cancelled: its outcome
    /// must not change after the caller was told.
    /// </summary>
    /// <exception cref="StorageException">It failed; whether it ran is unknown.</exception>
    public ValueTask<RedisResult> EvaluateAsync(
        RedisScript script, RedisKey[] keys, RedisValue[] values, CancellationToken cancellationToken) =>
        CallAsync(
            database => RunAsync(database, script, keys, values),
            script.Writes ? CancellationToken.None : cancellationToken,
            cancellationToken);

    /// <summary>Makes one call that only reads within the deadline.</summary>
    /// <param name="call">Sends it. It may be called twice, where the first time nothing was sent.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="StorageException">It failed.</exception>
    public ValueTask<T> CallAsync<T>(
        Func<IDatabase, Task<T>> call,
        CancellationToken cancellationToken) => CallAsync(call, cancellationToken, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        ConnectionMultiplexer[] left;
        lock (gate)
        {
            if (disposed)
                return;
            disposed = true;
            left = live is null ? [.. retired] : [live, .. retired];
            live = null;
            retired.Clear();
        }

        foreach (var connection in left)
            await CloseAsync(connection);
    }

    private static async Task<RedisResult> RunAsync(
        IDatabase database, RedisScript script, RedisKey[] keys, RedisValue[] values)
    {
        try
        {
            return await database.ScriptEvaluateAsync(script.Hash, keys, values, Flags);
        }
        catch (RedisServerException unknown) when (RedisFault.IsUnknownScript(unknown))
        {
            // A server that started anew, or that somebody told to forget: the whole script makes it known again.
            object[] arguments = [script.Text, keys.Length, .. keys.Cast<object>(), .. values.Cast<object>()];
            return await database.ExecuteAsync("EVAL", arguments, Flags);
        }
    }

    private static async Task CloseAsync(ConnectionMultiplexer connection)
    {
        await connection.CloseAsync(allowCommandsToComplete: false);
        connection.Dispose();
    }

    private async ValueTask<T> CallAsync<T>(
        Func<IDatabase, Task<T>> call, CancellationToken whenSent, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var started = time.GetTimestamp();
        for (var first = true; ; first = false)
        {
            ConnectionMultiplexer? connection = null;
            try
            {
                connection = await WithinAsync(ConnectedAsync(), started, cancellationToken);
                var answer = await WithinAsync(call(connection.GetDatabase()), started, whenSent);
                if (proven != connection)
                    Prove(connection);
                return answer;
            }
            catch (Exception fault) when (fault is not OperationCanceledException
                || !cancellationToken.IsCancellationRequested)
            {
                if (connection is not null && RedisFault.EndsConnection(fault))
                    Retire(connection, fault);
                if (!first || connection is null || !RedisFault.WasNotSent(fault))
                    throw RedisFault.From(fault);
            }
        }
    }

    private async Task<T> WithinAsync<T>(Task<T> answer, long started, CancellationToken cancellationToken)
    {
        if (answer.IsCompleted)
            return await answer;
        var left = deadline - time.GetElapsedTime(started);
        try
        {
            return await answer.WaitAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero, time, cancellationToken);
        }
        finally
        {
            // Nobody waits any longer for what was given up; how it ends is known to be unknown.
            if (!answer.IsCompleted)
                _ = answer.ContinueWith(
                    late => late.Exception,
                    CancellationToken.None,
                    TaskContinuationOptions.OnlyOnFaulted,
                    TaskScheduler.Default);
        }
    }

    /// <summary>The connection that serves, or the one attempt to make it that all callers wait for.</summary>
    private Task<ConnectionMultiplexer> ConnectedAsync()
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            if (live is { IsConnected: true })
                return Task.FromResult(live);
            if (live is not null)
                Retire(live, new StorageException(StorageFault.Unavailable, "The connection to Redis is broken."));
            // An attempt that succeeded has put itself out of the way. The client cancels the calls of a connection
            // that broke.
            if (connecting is { IsCompleted: true } && time.GetElapsedTime(pausedAt) >= pause)
                connecting = null;
            return connecting ??= Task.Run(ConnectAsync);
        }
    }

    private async Task<ConnectionMultiplexer> ConnectAsync()
    {
        try
        {
            var connection = await ConnectionMultiplexer.ConnectAsync(configuration.Clone());
            await DemandLoginAsync(connection);
            lock (gate)
            {
                if (!disposed)
                {
                    (live, connecting) = (connection, null);
                    return connection;
                }
            }

            await CloseAsync(connection);
            throw new ObjectDisposedException(nameof(RedisConnection));
        }
        catch
        {
            lock (gate)
                Pause();
            throw;
        }
    }

    /// <summary>
    /// Logs in once more and looks at the answer. The client ignores a refusal where the server also serves those who
    /// did not log in, and would go on as the default user.
    /// </summary>
    private async Task DemandLoginAsync(ConnectionMultiplexer connection)
    {
        if (string.IsNullOrEmpty(configuration.Password))
            return;
        object[] login = string.IsNullOrEmpty(configuration.User)
            ? [configuration.Password]
            : [configuration.User, configuration.Password];
        try
        {
            foreach (var server in connection.GetServers().Where(static server => server.IsConnected))
                await server.ExecuteAsync("AUTH", login);
        }
        catch (Exception fault)
        {
            await CloseAsync(connection);
            if (fault is OperationCanceledException)
                throw new StorageException(
                    StorageFault.Unavailable, "The connection to Redis broke during the login.", fault);
            if (fault is not RedisServerException)
                throw;
            throw new StorageException(
                StorageFault.Denied, $"Redis refused the login of REDIS__CONFIGURATION: {fault.Message}", fault);
        }
    }

    private void Prove(ConnectionMultiplexer connection)
    {
        lock (gate)
            (proven, useless, pause) = (connection, 0, TimeSpan.Zero);
    }

    /// <summary>Refuses callers for a while, each time for longer.</summary>
    private void Pause()
    {
        pausedAt = time.GetTimestamp();
        pause = TimeSpan.FromTicks(Math.Clamp(2 * pause.Ticks, FirstPause.Ticks, LongestPause.Ticks));
    }

    /// <summary>
    /// Takes a connection out of use. The next caller replaces it, but after a pause when it was the second in a row
    /// that served no call: a server that is a replica now, or refuses everything for another reason, would be given a
    /// new connection by every request.
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
                useless++;
            if (useless > 1 || retired.Count >= MaxRetired)
            {
                Pause();
                connecting = Task.FromException<ConnectionMultiplexer>(fault);
            }
        }

        _ = CloseLaterAsync(connection);
    }

    /// <summary>
    /// Closes a connection once nobody waits on it any more: answers may come yet unless it is broken.
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

        await CloseAsync(connection);
    }
}
