using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Google;
using Google.Apis.Storage.v1.Data;
using Google.Cloud.Storage.V1;
using Registry.Core.Storage;
using Registry.Core.Telemetry;

namespace Registry.Storage.Gcs;

/// <summary>
/// The operations on one bucket, using Google's client. Every member retries, and reports for a rejected write whether
/// an earlier attempt may have succeeded.
/// </summary>
internal sealed partial class GcsClient(
    GcsOptions options, GcsService service, TimeProvider time, StorageRetries retries)
{
    private const int PageSize = 1000;

    private readonly string bucket = options.Bucket;

    public TimeProvider Time => time;

    public GcsOptions Options => options;

    /// <summary>Returns the retry policy of a call that transfers few bytes.</summary>
    public GcsRetry Retry(bool isWrite = false, bool repeatsUnknown = true) =>
        new(time, TimeSpan.FromSeconds(options.DeadlineSeconds), options.FirstPause, isWrite, repeatsUnknown, retries);

    /// <summary>Returns the retry policy of a transfer of blob bytes.</summary>
    public GcsRetry TransferRetry(bool isWrite = false, bool repeatsUnknown = true) =>
        new(
            time,
            TimeSpan.FromSeconds(options.TransferIdleSeconds),
            options.FirstPause,
            isWrite,
            repeatsUnknown,
            retries);

    /// <summary>
    /// Returns the bucket; null when the identity has no permission to read it, although it may still have access to
    /// objects.
    /// </summary>
    /// <exception cref="StorageException">The bucket does not exist, or the call failed.</exception>
    public async Task<Bucket?> FindBucketAsync(CancellationToken cancellationToken)
    {
        var storage = await service.GetAsync(cancellationToken);
        return await Retry().RunAsync(
            async attempt =>
            {
                try
                {
                    return await GcsException.GuardAsync(
                        $"GET bucket '{bucket}'",
                        () => storage.GetBucketAsync(
                            bucket, new GetBucketOptions { RetryOptions = RetryOptions.Never }, attempt.Token),
                        attempt.Token);
                }
                catch (GoogleApiException)
                {
                    throw NoBucket();
                }
                catch (GcsException exception)
                    when (exception is { Status: HttpStatusCode.Forbidden, Kind: StorageFault.Denied })
                {
                    return null;
                }
            },
            cancellationToken);
    }

    /// <summary>Returns an object without its content; null when it does not exist.</summary>
    public async Task<GcsObject?> FindAsync(string name, CancellationToken cancellationToken)
    {
        var storage = await service.GetAsync(cancellationToken);
        return await ReadAsync(
            async attempt =>
            {
                using var request = new HttpRequestMessage(
                    HttpMethod.Get, $"{UrlOf(storage, name)}?fields={GcsMetadata.Fields}");
                using var response = await SendAsync(storage, request, attempt.Token);
                return response.IsSuccessStatusCode
                    ? (await ReadObjectAsync(name, response, attempt.Token), null)
                    : ((GcsObject?)null, (string?)await response.Content.ReadAsStringAsync(attempt.Token));
            },
            cancellationToken);
    }

    /// <summary>
    /// Returns the content and the generation of an object of at most <paramref name="maxBytes"/>; null when it does
    /// not exist.
    /// </summary>
    public async Task<(byte[] Content, long Generation)?> FindContentAsync(
        string name, int maxBytes, CancellationToken cancellationToken)
    {
        var storage = await service.GetAsync(cancellationToken);
        return await ReadAsync(
            async attempt =>
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, $"{UrlOf(storage, name)}?alt=media");
                using var response = await SendAsync(storage, request, attempt.Token);
                return response.IsSuccessStatusCode
                    ? (await GcsContent.ReadAsync(name, response, maxBytes, attempt.Token), null)
                    : (((byte[], long)?)null, (string?)await response.Content.ReadAsStringAsync(attempt.Token));
            },
            cancellationToken);
    }

    /// <summary>
    /// Opens the content of one generation in one attempt. Returns null when the generation no longer exists.
    /// </summary>
    /// <param name="name">The name of the object.</param>
    /// <param name="blob">The object.</param>
    /// <param name="offset">The first byte to read.</param>
    /// <param name="length">The number of bytes to read.</param>
    /// <param name="cancellationToken">Cancels the attempt.</param>
    /// <returns>
    /// The response, which the caller disposes, and the number of bytes in it before the requested ones.
    /// </returns>
    /// <exception cref="GcsException">The attempt failed.</exception>
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
                    $"Google Cloud Storage did not return the requested bytes {offset} to {offset + length} of "
                        + $"'{name}'.");
        }
    }

    /// <summary>
    /// Returns one page of the objects whose names start with <paramref name="prefix"/>, in name order.
    /// </summary>
    /// <param name="prefix">The prefix of the names.</param>
    /// <param name="from">The name to start from, inclusive; null for the beginning.</param>
    /// <param name="page">The token of the page; null for the first.</param>
    /// <param name="fields">The fields of the objects to return.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public async Task<Objects> ListAsync(
        string prefix, string? from, string? page, string fields, CancellationToken cancellationToken)
    {
        var storage = await service.GetAsync(cancellationToken);
        return await Retry().RunAsync(
            async attempt =>
            {
                var request = storage.Service.Objects.List(bucket);
                (request.Prefix, request.StartOffset, request.PageToken, request.MaxResults) =
                    (prefix, from, page, PageSize);
                request.Fields = $"nextPageToken,items({fields})";
                try
                {
                    return await GcsException.GuardAsync(
                        $"LIST '{prefix}'", () => request.ExecuteAsync(attempt.Token), attempt.Token);
                }
                catch (GoogleApiException)
                {
                    throw NoBucket();
                }
            },
            cancellationToken);
    }

    /// <summary>Checks that the bucket exists.</summary>
    /// <exception cref="StorageException">The bucket does not exist, or the call failed.</exception>
    public Task RequireBucketAsync(CancellationToken cancellationToken) =>
        ListAsync("@", null, null, "name", cancellationToken);

    private StorageException NoBucket() =>
        new(StorageFault.Denied, $"The bucket '{bucket}' (GCS__BUCKET) does not exist.");

    /// <summary>
    /// Sends a request that Google's client has no member for. The response is a success, 404 or 412.
    /// </summary>
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
                StorageFault.Denied, $"Google Cloud Storage returned {(int)response.StatusCode} for {what}.")
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

    private static string MessageOf(GoogleApiException refused) =>
        $"{refused.Error?.Message}{refused.Error?.ErrorResponseContent}";

    /// <summary>
    /// Reads an object. When a 404 may concern the bucket, the object is read again after the bucket was found to
    /// exist, so that a missing bucket is never reported as a missing object.
    /// </summary>
    private async Task<T> ReadAsync<T>(
        Func<GcsAttempt, Task<(T Found, string? Refusal)>> read, CancellationToken cancellationToken)
    {
        var (found, refusal) = await Retry().RunAsync(read, cancellationToken);
        if (refusal is null || IsMissingObject(refusal))
            return found;
        await RequireBucketAsync(cancellationToken);
        return (await Retry().RunAsync(read, cancellationToken)).Found;
    }

    /// <summary>
    /// Returns true when a 404 concerns the object. The service also returns 404 for a missing bucket, with another
    /// message. The messages of emulators are the same, so the bucket is then checked.
    /// </summary>
    private static bool IsMissingObject(string refusal) =>
        refusal.Contains("No such object", StringComparison.OrdinalIgnoreCase);

    private string UrlOf(StorageClient storage, string name) =>
        $"{storage.Service.BaseUri}b/{bucket}/o/{Uri.EscapeDataString(name)}";
}
