using System.Net;
using Google.Apis.Auth.OAuth2;
using Google.Apis.Http;
using Google.Cloud.Storage.V1;
using Microsoft.Extensions.Logging;
using Registry.Core.Storage;

namespace Registry.Storage.Gcs;

/// <summary>
/// Creates Google's client at the first call, with credentials but without retries and timeouts, which
/// <see cref="GcsRetry"/> adds. A replaced key file is loaded again.
/// </summary>
internal sealed partial class GcsService(GcsOptions options, TimeProvider time, ILogger<GcsService> logger)
    : IDisposable
{
    /// <summary>How long the content of a key file is cached.</summary>
    internal static readonly TimeSpan KeyLifetime = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Connections are replaced regularly, to follow DNS changes of the service.</summary>
    private static readonly TimeSpan ConnectionLifetime = TimeSpan.FromMinutes(10);

    /// <summary>Shared by all clients, so that a new key does not abort the requests of the previous client.</summary>
    private readonly SocketsHttpHandler connections = new()
    {
        // 308 means "resume the upload" here, not a redirect. Content is not decompressed: the stored bytes are needed.
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        ConnectTimeout = ConnectTimeout,
        PooledConnectionLifetime = ConnectionLifetime,
        UseCookies = false,
    };

    private readonly SemaphoreSlim opening = new(1, 1);
    private volatile Opened? opened;

    /// <summary>Returns the client. The caller must not dispose it.</summary>
    /// <exception cref="StorageException">There are no credentials.</exception>
    public ValueTask<StorageClient> GetAsync(CancellationToken cancellationToken) =>
        opened is { } known && !IsStale(known) ? ValueTask.FromResult(known.Client) : OpenAsync(cancellationToken);

    public void Dispose()
    {
        opened?.Client.Dispose();
        connections.Dispose();
        opening.Dispose();
    }

    private bool IsStale(Opened known) => known.Key is not null && time.GetElapsedTime(known.CheckedAt) >= KeyLifetime;

    private async ValueTask<StorageClient> OpenAsync(CancellationToken cancellationToken)
    {
        await opening.WaitAsync(cancellationToken);
        try
        {
            if (opened is not { } known)
                opened = await CreateAsync(cancellationToken);
            else if (IsStale(known))
                opened = await ReloadAsync(known, cancellationToken);
            return opened.Client;
        }
        finally
        {
            opening.Release();
        }
    }

    private async Task<Opened> CreateAsync(CancellationToken cancellationToken)
    {
        var checkedAt = time.GetTimestamp();
        if (options.EmulatorAddress is not null)
            return new Opened(await BuildAsync(credential: null, cancellationToken), Key: null, checkedAt);
        if (options.Key is not var (path, setting))
        {
            var credential = await GcsCredentials.FindAsync(time, cancellationToken);
            return new Opened(await BuildAsync(credential, cancellationToken), Key: null, checkedAt);
        }

        var key = Read(path, setting);
        return new Opened(
            await BuildAsync(GcsCredentials.Parse(key, path, setting), cancellationToken), key, checkedAt);
    }

    /// <summary>
    /// Loads a changed key file. An invalid file is logged, and the previous key stays in use: the file may be read
    /// while it is written.
    /// </summary>
    private async Task<Opened> ReloadAsync(Opened known, CancellationToken cancellationToken)
    {
        var (path, setting) = options.Key!.Value;
        var checkedAt = time.GetTimestamp();
        try
        {
            var key = Read(path, setting);
            if (key == known.Key)
                return known with { CheckedAt = checkedAt };
            var client = await BuildAsync(GcsCredentials.Parse(key, path, setting), cancellationToken);
            LogReloaded(path, setting);
            return new Opened(client, key, checkedAt);
        }
        catch (StorageException exception)
        {
            LogInvalid(exception, path, setting);
            return known with { CheckedAt = checkedAt };
        }
    }

    private static string Read(string path, string setting)
    {
        try
        {
            return GcsCredentials.Read(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or FormatException)
        {
            throw new StorageException(
                StorageFault.Denied, $"The credentials in '{path}' ({setting}) cannot be read.", exception);
        }
    }

    private async Task<StorageClient> BuildAsync(GoogleCredential? credential, CancellationToken cancellationToken)
    {
        var client = await new StorageClientBuilder
        {
            ApplicationName = "registry",
            BaseUri = $"{options.Address}/storage/v1/",
            HttpClientFactory = new Factory(connections, time),
            GoogleCredential = credential,
            UnauthenticatedAccess = credential is null,

            // Exchanges the key for a token, which distinguishes a revoked key from a missing role.
            UseJwtAccessWithScopes = false,
        }.BuildAsync(cancellationToken);
        client.Service.HttpClient.Timeout = Timeout.InfiniteTimeSpan;
        return client;
    }

    [LoggerMessage(
        Level = LogLevel.Information,
        Message = "Reloaded the changed credentials in {Path} ({Setting})")]
    private partial void LogReloaded(string path, string setting);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "The changed credentials in {Path} ({Setting}) are invalid; the previous ones stay in use")]
    private partial void LogInvalid(Exception exception, string path, string setting);

    /// <param name="Client">The client.</param>
    /// <param name="Key">The text of the key file; null for none.</param>
    /// <param name="CheckedAt">The time just before the file was read.</param>
    private sealed record Opened(StorageClient Client, string? Key, long CheckedAt);

    private sealed class Factory(HttpMessageHandler connections, TimeProvider time) : HttpClientFactory
    {
        protected override HttpMessageHandler CreateHandler(CreateHttpClientArgs args) =>
            new GcsErrorHandler(connections, time);
    }
}
