using System.Net;
using Registry.Core.Storage;
using StackExchange.Redis;

namespace Registry.Storage.Redis;

/// <summary>Opens connections to the server. <see cref="RedisConnection"/> decides when.</summary>
internal sealed class RedisConnector
{
    /// <summary>The share of the deadline that a connection attempt may take.</summary>
    private const double ConnectShare = 0.8;

    /// <summary>
    /// The longest connection attempt. The client reports some errors, such as a missing password, only at the end of
    /// an attempt, and startup, which waits 10 s for the storage, must show them.
    /// </summary>
    private static readonly TimeSpan LongestAttempt = TimeSpan.FromSeconds(8);

    private readonly ConfigurationOptions options;

    /// <param name="configuration">The value of <see cref="RedisOptions.Configuration"/>.</param>
    /// <param name="deadline">The deadline of a call, including connecting.</param>
    public RedisConnector(string configuration, TimeSpan deadline)
    {
        options = ConfigurationOptions.Parse(configuration);
        options.ClientName ??= "registry";

        // The client must try once, report the result, and queue no calls.
        options.AbortOnConnectFail = true;
        options.ConnectRetry = 1;
        options.BacklogPolicy = BacklogPolicy.FailFast;

        // Not needed: used for master election by clients, which requires access to a key and a channel outside the
        // prefix.
        options.TieBreaker = options.ConfigurationChannel = "";
        options.SyncTimeout = options.AsyncTimeout = (int)deadline.TotalMilliseconds;

        // Connection errors, such as a wrong password, must be reported before the deadline.
        options.ConnectTimeout =
            (int)Math.Min((deadline * ConnectShare).TotalMilliseconds, LongestAttempt.TotalMilliseconds);
    }

    /// <summary>The addresses of the server, without credentials.</summary>
    public string Addresses => string.Join(", ", options.EndPoints.Select(static endpoint => endpoint switch
    {
        DnsEndPoint { Port: 0 } host => host.Host,
        DnsEndPoint host => $"{host.Host}:{host.Port}",
        _ => $"{endpoint}",
    }));

    /// <summary>Opens a connection and verifies the login.</summary>
    /// <exception cref="StorageException">The login failed.</exception>
    /// <exception cref="RedisConnectionException">The server cannot be reached.</exception>
    public async Task<ConnectionMultiplexer> ConnectAsync()
    {
        var connection = await ConnectionMultiplexer.ConnectAsync(options.Clone());
        await VerifyLoginAsync(connection);
        return connection;
    }

    /// <summary>Closes a connection without waiting for pending calls.</summary>
    public static async Task CloseAsync(ConnectionMultiplexer connection)
    {
        await connection.CloseAsync(allowCommandsToComplete: false);
        connection.Dispose();
    }

    /// <summary>
    /// Logs in again and checks the reply. If the server also accepts unauthenticated clients, the client library
    /// ignores a failed login and continues as the default user.
    /// </summary>
    private async Task VerifyLoginAsync(ConnectionMultiplexer connection)
    {
        if (string.IsNullOrEmpty(options.Password))
            return;
        object[] login = string.IsNullOrEmpty(options.User)
            ? [options.Password]
            : [options.User, options.Password];
        try
        {
            foreach (var server in connection.GetServers().Where(static server => server.IsConnected))
                await server.ExecuteAsync("AUTH", login);
        }
        catch (Exception exception)
        {
            await CloseAsync(connection);
            if (exception is OperationCanceledException)
                throw new StorageException(
                    StorageFault.Unavailable, "The connection to Redis broke during the login.", exception)
                {
                    ChangedNothing = true,
                };
            if (exception is not RedisServerException)
                throw;
            throw new StorageException(
                StorageFault.Denied,
                $"Redis rejected the credentials in REDIS__CONFIGURATION: {exception.Message}",
                exception);
        }
    }
}
