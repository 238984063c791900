using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Google;
using Google.Apis.Storage.v1.Data;
using Google.Cloud.Storage.V1;
using Registry.Core.Storage;

namespace Registry.Storage.Gcs;

/// <summary>
/// What the registry asks of one bucket, by Google's client. Every member tries again by itself, and says of a refused
/// write whether an earlier try of its own may have been carried out.
/// </summary>
internal sealed partial class GcsClient(GcsOptions options, GcsService service, TimeProvider time)
{
    private const int PageSize = 1000;

    private readonly string bucket = options.Bucket;

    public TimeProvider Time => time;

    public GcsOptions Options => options;

    /// <summary>For a call that moves few bytes.</summary>
    public GcsRetry Retry(bool isWrite = false) =>
        new(time, TimeSpan.FromSeconds(options.DeadlineSeconds), options.FirstPause, isWrite);

    /// <summary>For the bytes of a blob.</summary>
    public GcsRetry TransferRetry(bool isWrite = false) =>
        new(time, TimeSpan.FromSeconds(options.TransferIdleSeconds), options.FirstPause, isWrite);

    /// <summary>
    /// What the bucket is; null when the identity may not ask, which does not mean that it cannot use it.
    /// </summary>
    /// <exception cref="StorageException">There is no such bucket, or it cannot be asked.</exception>
    public async Task<Bucket?> FindBucketAsync(CancellationToken cancellationToken)
    {
        var storage = await service.GetAsync(cancellationToken);
        return await Retry().RunAsync(
            async now =>
            {
                try
                {
                    return await GcsException.GuardAsync(
                        $"GET bucket '{bucket}'",
                        () => storage.GetBucketAsync(
                            bucket, new GetBucketOptions { RetryOptions = RetryOptions.Never }, now.Token),
                        now.Token);
                }
                catch (GoogleApiException)
                {
                    throw NoBucket();
                }
                catch (GcsException refused)
                    when (refused is { Status: HttpStatusCode.Forbidden, Kind: StorageFault.Denied })
                {
                    return null;
                }
            },
            cancellationToken);
    }

    /// <summary>What an object is; null when there is none.</summary>
    public async Task<GcsObject?> FindAsync(string name, CancellationToken cancellationToken)
    {
        var storage = await service.GetAsync(cancellationToken);
        return await ReadAsync(
            async now =>
            {
                using var request = new HttpRequestMessage(
                    HttpMethod.Get, $"{UrlOf(storage, name)}?fields={GcsMetadata.Fields}");
                using var response = await SendAsync(storage, request, now.Token);
                return response.IsSuccessStatusCode
                    ? (await ReadObjectAsync(name, response, now.Token), null)
                    : ((GcsObject?)null, (string?)await response.Content.ReadAsStringAsync(now.Token));
            },
            cancellationToken);
    }

    /// <summary>
    /// The bytes of an object and the generation that they are of; null when there is none. For objects of at most
    /// <paramref name="maxBytes"/>.
    /// </summary>
    public async Task<(byte[] Content, long Generation)?> FindContentAsync(
        string name, int maxBytes, CancellationToken cancellationToken)
    {
        var storage = await service.GetAsync(cancellationToken);
        return await ReadAsync(
            async now =>
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, $"{UrlOf(storage, name)}?alt=media");
                using var response = await SendAsync(storage, request, now.Token);
                return response.IsSuccessStatusCode
                    ? (await GcsContent.ReadAsync(name, response, maxBytes, now.Token), null)
                    : (((byte[], long)?)null, (string?)await response.Content.ReadAsStringAsync(now.Token));
            },
            cancellationToken);
    }

    /// <summary>
    /// Opens the bytes of one generation, in one try. Null when that generation is not there any more.
    /// </summary>
    /// <param name="name">The name of the object.</param>
    /// <param name="blob">The object.</param>
    /// <param name="offset">The first byte that is wanted.</param>
    /// <param name="length">How many bytes are wanted.</param>
    /// <param name="cancellationToken">Cancels the try.</param>
    /// <returns>
    /// The answer, which the caller disposes, and how many bytes of it come before those that are wanted.
    /// </returns>
    /// <exception cref="GcsException">This try failed.</exception>
    public async Task<(HttpResponseMessage Response, long Before)?> TryOpenContentAsync(
        string name, GcsObject blob, long offset, long length, CancellationToken cancellationToken)
    {
        var storage = await service.GetAsync(cancellationToken);
        using var request = new HttpRequestMessage(
            HttpMethod.Get, $"{UrlOf(storage, name)}?alt=media&generation={Text(blob.Generation ?? 0)}");
        request.Headers.Range = new RangeHeaderValue(offset, offset + length - 1);
        var response = await SendAsync(storage, request, cancellationToken);
        if (response.IsSuccessStatusCode
            && GcsContent.BytesBefore(response, offset, length, GcsBlobs.SizeOf(blob)) is { } before)
            return (response, before);
        using (response)
        {
            return response.StatusCode == HttpStatusCode.NotFound
                ? null
                : throw new GcsException(
                    StorageFault.Corrupt,
                    $"Google Cloud Storage gave other bytes of '{name}' "
                        + $"than those from {offset} to {offset + length}.");
        }
    }

    /// <summary>
    /// One page of the objects whose names begin with <paramref name="prefix"/>, in the order of their names.
    /// </summary>
    /// <param name="prefix">What the names begin with.</param>
    /// <param name="from">The name to start from, itself included; null starts at the beginning.</param>
    /// <param name="page">The token of the page before; null for the first.</param>
    /// <param name="fields">Which fields of the objects.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public async Task<Objects> ListAsync(
        string prefix, string? from, string? page, string fields, CancellationToken cancellationToken)
    {
        var storage = await service.GetAsync(cancellationToken);
        return await Retry().RunAsync(
            async now =>
            {
                var request = storage.Service.Objects.List(bucket);
                (request.Prefix, request.StartOffset, request.PageToken, request.MaxResults) =
                    (prefix, from, page, PageSize);
                request.Fields = $"nextPageToken,items({fields})";
                try
                {
                    return await GcsException.GuardAsync(
                        $"LIST '{prefix}'", () => request.ExecuteAsync(now.Token), now.Token);
                }
                catch (GoogleApiException)
                {
                    throw NoBucket();
                }
            },
            cancellationToken);
    }

    /// <exception cref="StorageException">The bucket is gone, or does not answer.</exception>
    public Task DemandBucketAsync(CancellationToken cancellationToken) =>
        ListAsync("@", null, null, "name", cancellationToken);

    private StorageException NoBucket() => new(StorageFault.Denied, $"There is no bucket '{bucket}' (GCS__BUCKET).");

    /// <summary>Sends a request that Google's client has no member for. The answer is a success or a refusal.</summary>
    private static async Task<HttpResponseMessage> SendAsync(
        StorageClient storage, HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var what = $"{request.Method} {request.RequestUri!.GetLeftPart(UriPartial.Path)}";
        var response = await GcsException.GuardAsync(
            what,
            () => storage.Service.HttpClient.SendAsync(
                request, HttpCompletionOption.ResponseHeadersRead, cancellationToken),
            cancellationToken);
        if (response.IsSuccessStatusCode
            || response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.PreconditionFailed)
            return response;
        using (response)
            throw new GcsException(
                StorageFault.Denied, $"Google Cloud Storage answered {what} with {(int)response.StatusCode}.")
            {
                Status = response.StatusCode,
            };
    }

    private static Task<GcsObject> ReadObjectAsync(
        string name, HttpResponseMessage response, CancellationToken cancellationToken) =>
        GcsException.GuardAsync(
            $"a request for '{name}'",
            async () =>
            {
                await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
                return (await JsonSerializer.DeserializeAsync(body, GcsReplyJson.Default.GcsReply, cancellationToken)
                    ?? throw new JsonException()).ToObject();
            },
            cancellationToken);

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string WordsOf(GoogleApiException refused) =>
        $"{refused.Error?.Message}{refused.Error?.ErrorResponseContent}";

    /// <summary>
    /// Reads an object. Where a refusal does not tell the object from its bucket, the object is read again once the
    /// bucket is known to be there: nobody is told that it is gone by what was said of something else.
    /// </summary>
    private async Task<T> ReadAsync<T>(
        Func<GcsAttempt, Task<(T Found, string? Refusal)>> read, CancellationToken cancellationToken)
    {
        var (found, refusal) = await Retry().RunAsync(read, cancellationToken);
        if (refusal is null || NamesObject(refusal))
            return found;
        await DemandBucketAsync(cancellationToken);
        return (await Retry().RunAsync(read, cancellationToken)).Found;
    }

    /// <summary>
    /// The service answers 404 for a bucket that is gone as for an object that is not there: one must not be taken for
    /// the other. Its words tell them apart; those of emulators do not, and then the bucket is asked.
    /// </summary>
    private static bool NamesObject(string refusal) =>
        refusal.Contains("No such object", StringComparison.OrdinalIgnoreCase);

    private string UrlOf(StorageClient storage, string name) =>
        $"{storage.Service.BaseUri}b/{bucket}/o/{Uri.EscapeDataString(name)}";
}
