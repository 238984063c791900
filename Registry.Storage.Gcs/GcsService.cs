using System.Net;
using Google.Apis.Auth.OAuth2;
using Google.Apis.Http;
using Google.Cloud.Storage.V1;
using Microsoft.Extensions.Logging;
using Registry.Core.Storage;

namespace Registry.Storage.Gcs;

/// <summary>
/// Google's client, made at the first call: with credentials, but without retries and deadlines, which
/// <see cref="GcsRetry"/> gives. A key file that is replaced is read again.
/// </summary>
internal sealed partial class GcsService(GcsOptions options, TimeProvider time, ILogger<GcsService> logger)
    : IDisposable
{
    /// <summary>How old what was read of a key file may become before it is looked at again.</summary>
    internal static readonly TimeSpan KeyLifetime = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Connections are not kept for ever, so that changes of the service's addresses are followed.</summary>
    private static readonly TimeSpan ConnectionLifetime = TimeSpan.FromMinutes(10);

    /// <summary>Outlives the clients, whose requests are not broken off when there is a new key.</summary>
    private readonly SocketsHttpHandler connections = new()
    {
        // 308 means "go on with the upload" here, and is no redirect. Bytes are wanted as they are stored, so nothing
        // is decompressed.
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        ConnectTimeout = ConnectTimeout,
        PooledConnectionLifetime = ConnectionLifetime,
        UseCookies = false,
    };

    private readonly SemaphoreSlim opening = new(1, 1);
    private volatile Opened? opened;

    /// <summary>The client; whoever asks must not dispose it.</summary>
    /// <exception cref="StorageException">There are no credentials.</exception>
    public ValueTask<StorageClient> GetAsync(CancellationToken cancellationToken) =>
        opened is { } known && !IsDue(known) ? ValueTask.FromResult(known.Client) : OpenAsync(cancellationToken);

    public void Dispose()
    {
        opened?.Client.Dispose();
        connections.Dispose();
        opening.Dispose();
    }

    private bool IsDue(Opened known) => known.Key is not null && time.GetElapsedTime(known.LookedAt) >= KeyLifetime;

    private async ValueTask<StorageClient> OpenAsync(CancellationToken cancellationToken)
    {
        await opening.WaitAsync(cancellationToken);
        try
        {
            if (opened is not { } known)
                opened = await CreateAsync(cancellationToken);
            else if (IsDue(known))
                opened = await RenewAsync(known, cancellationToken);
            return opened.Client;
        }
        finally
        {
            opening.Release();
        }
    }

    private async Task<Opened> CreateAsync(CancellationToken cancellationToken)
    {
        var lookedAt = time.GetTimestamp();
        if (options.EmulatorAddress is not null)
            return new Opened(await BuildAsync(credential: null, cancellationToken), Key: null, lookedAt);
        if (options.Key is not var (path, setting))
        {
            var credential = await GcsCredentials.FindAsync(time, cancellationToken);
            return new Opened(await BuildAsync(credential, cancellationToken), Key: null, lookedAt);
        }

        var key = Read(path, setting);
        return new Opened(await BuildAsync(GcsCredentials.Parse(key, path, setting), cancellationToken), key, lookedAt);
    }

    /// <summary>
    /// What cannot be used is logged, and the key before it is kept: a file may be looked at while it is written.
    /// </summary>
    private async Task<Opened> RenewAsync(Opened known, CancellationToken cancellationToken)
    {
        var (path, setting) = options.Key!.Value;
        var lookedAt = time.GetTimestamp();
        try
        {
            var key = Read(path, setting);
            if (key == known.Key)
                return known with { LookedAt = lookedAt };
            var client = await BuildAsync(GcsCredentials.Parse(key, path, setting), cancellationToken);
            LogRenewed(path, setting);
            return new Opened(client, key, lookedAt);
        }
        catch (StorageException wrong)
        {
            LogKept(wrong, path, setting);
            return known with { LookedAt = lookedAt };
        }
    }

    private static string Read(string path, string setting)
    {
        try
        {
            return GcsCredentials.Read(path);
        }
        catch (Exception wrong) when (wrong is IOException or UnauthorizedAccessException or FormatException)
        {
            throw new StorageException(
                StorageFault.Denied, $"The credentials in '{path}' ({setting}) cannot be read.", wrong);
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

            // A key is exchanged for a token, so that one that was withdrawn is told from one that lacks a role.
            UseJwtAccessWithScopes = false,
        }.BuildAsync(cancellationToken);
        client.Service.HttpClient.Timeout = Timeout.InfiniteTimeSpan;
        return client;
    }

    [LoggerMessage(
        Level = LogLevel.Information,
        Message = "Read the credentials in {Path} ({Setting}) again: they have changed")]
    private partial void LogRenewed(string path, string setting);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "The credentials in {Path} ({Setting}) have changed and cannot be used: those before them are kept")]
    private partial void LogKept(Exception wrong, string path, string setting);

    /// <param name="Client">The client.</param>
    /// <param name="Key">The text of the key file; null where there is none.</param>
    /// <param name="LookedAt">A moment before it was read.</param>
    private sealed record Opened(StorageClient Client, string? Key, long LookedAt);

    private sealed class Factory(HttpMessageHandler connections, TimeProvider time) : HttpClientFactory
    {
        protected override HttpMessageHandler CreateHandler(CreateHttpClientArgs args) =>
            new GcsErrorHandler(connections, time);
    }
}
