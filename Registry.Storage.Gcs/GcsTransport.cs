using System.Net;
using Google.Apis.Auth.OAuth2.Responses;
using Google.Apis.Http;
using Registry.Core.Storage;

namespace Registry.Storage.Gcs;

/// <summary>
/// Sends requests, with credentials, and turns everything that HTTP and Google's library throw into <see cref="GcsException"/>. One try each:
/// <see cref="GcsPatience"/> tries again.
/// </summary>
internal sealed class GcsTransport(GcsOptions options) : IDisposable
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Connections are not kept for ever, so that changes of the service's addresses are followed.</summary>
    private static readonly TimeSpan ConnectionLifetime = TimeSpan.FromMinutes(10);

    private readonly SemaphoreSlim opening = new(1, 1);
    private volatile HttpClient? client;

    /// <summary>The address that the requests of the API go to; ends without a slash.</summary>
    public string Address { get; } = options.Address;

    /// <summary>Sends a request, and returns once the headers of its answer are there. The answer is the caller's to dispose.</summary>
    /// <param name="request">Disposed here.</param>
    /// <param name="expected">Which refusals are answers to the caller's question. Success always is.</param>
    /// <param name="ct">Ends the try.</param>
    /// <exception cref="GcsException">Every other answer, and none.</exception>
    /// <exception cref="StorageException">There are no credentials.</exception>
    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, HttpStatusCode[] expected, CancellationToken ct)
    {
        using (request)
        {
            var what = $"{request.Method} {request.RequestUri!.GetLeftPart(UriPartial.Path)}";
            var http = client ?? await OpenAsync(ct);
            var response = await GuardAsync(what, () => http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct), ct);
            if (response.IsSuccessStatusCode || expected.Contains(response.StatusCode))
                return response;
            using (response)
                throw await GuardAsync(what, () => GcsException.OfAnswerAsync(what, response, ct), ct);
        }
    }

    /// <summary>Runs what reads from a connection, under the same rule of exceptions as <see cref="SendAsync"/>.</summary>
    public static async Task<T> GuardAsync<T>(string what, Func<Task<T>> read, CancellationToken ct)
    {
        try
        {
            return await read();
        }
        catch (HttpRequestException failed)
        {
            throw GcsException.OfConnection(
                what, sent: failed.HttpRequestError is not (HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError), failed);
        }
        catch (IOException failed)
        {
            throw GcsException.OfConnection(what, sent: true, failed);
        }
        catch (OperationCanceledException failed) when (!ct.IsCancellationRequested)
        {
            // What times out by itself is connecting: nothing was sent.
            throw GcsException.OfConnection(what, sent: false, failed);
        }
        catch (TokenResponseException failed)
        {
            var temporary = failed.StatusCode is null or >= HttpStatusCode.InternalServerError or HttpStatusCode.TooManyRequests;
            throw new GcsException(temporary ? StorageFault.Unavailable : StorageFault.Denied, $"No access token for {what}: {failed.Message}", failed)
            {
                MayPass = temporary,
            };
        }
        catch (Exception failed) when (failed is not (OperationCanceledException or GcsException or StorageException))
        {
            // Where an identity comes from a file, a program or another cloud, Google's library throws what it meets there.
            throw new GcsException(StorageFault.Unavailable, $"{what} failed: {failed.Message}", failed) { MayPass = true, MayBeDone = true };
        }
    }

    public void Dispose()
    {
        client?.Dispose();
        opening.Dispose();
    }

    private async Task<HttpClient> OpenAsync(CancellationToken ct)
    {
        await opening.WaitAsync(ct);
        try
        {
            return client ??= await CreateAsync(ct);
        }
        finally
        {
            opening.Release();
        }
    }

    private async Task<HttpClient> CreateAsync(CancellationToken ct)
    {
        var args = new CreateHttpClientArgs { ApplicationName = "registry" };
        if (options.EmulatorAddress is null)
            args.Initializers.Add(await GcsCredentials.FindAsync(options.CredentialsFile, ct));
        var created = new Factory().CreateHttpClient(args);

        // Each try brings a deadline of its own.
        created.Timeout = Timeout.InfiniteTimeSpan;
        return created;
    }

    /// <summary>Google's factory over a handler of ours: it adds the credentials, and a new access token where one is refused.</summary>
    private sealed class Factory : HttpClientFactory
    {
        protected override HttpMessageHandler CreateHandler(CreateHttpClientArgs args) => new SocketsHttpHandler
        {
            // 308 means "go on with the upload" here, and is no redirect. Bytes are wanted as they are stored, so nothing is decompressed.
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            ConnectTimeout = ConnectTimeout,
            PooledConnectionLifetime = ConnectionLifetime,
            UseCookies = false,
        };
    }
}
