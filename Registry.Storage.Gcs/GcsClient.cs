using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Registry.Core.Storage;

namespace Registry.Storage.Gcs;

/// <summary>
/// The part of the JSON API that the registry needs, over one bucket. Every member tries again by itself, and says of a refused write whether
/// an earlier try of its own may have been carried out.
/// </summary>
internal sealed class GcsClient(GcsOptions options, GcsTransport transport, TimeProvider time)
{
    private const int PageSize = 1000;

    private static readonly HttpStatusCode[] Nothing = [];
    private static readonly HttpStatusCode[] Missing = [HttpStatusCode.NotFound];
    private static readonly HttpStatusCode[] Refusals = [HttpStatusCode.NotFound, HttpStatusCode.PreconditionFailed, HttpStatusCode.NotModified];

    private readonly string bucket = $"{transport.Address}/storage/v1/b/{options.Bucket}";
    private readonly string uploads = $"{transport.Address}/upload/storage/v1/b/{options.Bucket}/o";

    public TimeProvider Time => time;

    public GcsOptions Options => options;

    public GcsTransport Transport => transport;

    /// <summary>For a call that moves few bytes.</summary>
    public GcsPatience Patience() => new(time, TimeSpan.FromSeconds(options.DeadlineSeconds), options.FirstPause);

    /// <summary>For the bytes of a blob.</summary>
    public GcsPatience TransferPatience() => new(time, TimeSpan.FromSeconds(options.TransferIdleSeconds), options.FirstPause);

    /// <summary>What the bucket is; null when the identity may not ask, which does not mean that it cannot use it.</summary>
    /// <exception cref="StorageException">There is no such bucket, or it cannot be asked.</exception>
    public Task<GcsBucket?> FindBucketAsync(CancellationToken ct) => Patience().RunAsync(
        async now =>
        {
            var request = Request(HttpMethod.Get, $"{bucket}?fields={GcsBucket.Fields}");
            using var response = await transport.SendAsync(request, [HttpStatusCode.NotFound, HttpStatusCode.Forbidden], now.Token);
            return response.StatusCode switch
            {
                HttpStatusCode.NotFound => throw NoBucket(),
                HttpStatusCode.Forbidden => null,
                _ => await ReadAsync(response, GcsJson.Default.GcsBucket, now.Token),
            };
        },
        ct);

    /// <summary>What an object is; null when there is none.</summary>
    public async Task<GcsObject?> FindAsync(string name, CancellationToken ct)
    {
        var (found, refusal) = await Patience().RunAsync(
            async now =>
            {
                using var response = await transport.SendAsync(Request(HttpMethod.Get, $"{UrlOf(name)}?fields={GcsObject.Fields}"), Missing, now.Token);
                return response.IsSuccessStatusCode
                    ? (await ReadAsync(response, GcsJson.Default.GcsObject, now.Token), null)
                    : ((GcsObject?)null, (string?)await MessageAsync(response, now.Token));
            },
            ct);
        if (refusal is not null)
            await DemandBucketAsync(refusal, ct);
        return found;
    }

    /// <summary>The bytes of an object and the generation that they are of; null when there is none. For objects of at most <paramref name="maxBytes"/>.</summary>
    public async Task<(byte[] Content, long Generation)?> FindContentAsync(string name, int maxBytes, CancellationToken ct)
    {
        var (found, refusal) = await Patience().RunAsync(
            async now =>
            {
                using var response = await transport.SendAsync(Request(HttpMethod.Get, $"{UrlOf(name)}?alt=media"), Missing, now.Token);
                return response.IsSuccessStatusCode
                    ? (await GcsContent.ReadAsync(name, response, maxBytes, now.Token), null)
                    : (((byte[], long)?)null, (string?)await MessageAsync(response, now.Token));
            },
            ct);
        if (refusal is not null)
            await DemandBucketAsync(refusal, ct);
        return found;
    }

    /// <summary>Opens the bytes of one generation, in one try. Null when that generation is not there any more.</summary>
    /// <exception cref="GcsException">This try failed.</exception>
    public async Task<HttpResponseMessage?> TryOpenContentAsync(string name, long generation, long offset, long length, CancellationToken ct)
    {
        var request = Request(HttpMethod.Get, $"{UrlOf(name)}?alt=media&generation={Text(generation)}");
        request.Headers.Range = new RangeHeaderValue(offset, offset + length - 1);
        var response = await transport.SendAsync(request, Missing, ct);
        if (response.IsSuccessStatusCode && GcsContent.IsRange(response, offset, length))
            return response;
        using (response)
        {
            return response.StatusCode == HttpStatusCode.NotFound
                ? null
                : throw new GcsException(StorageFault.Corrupt, $"Google Cloud Storage gave other bytes of '{name}' than those from {offset} to {offset + length}.");
        }
    }

    /// <summary>Writes an object whole, in one request.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="metadata">What is said of it.</param>
    /// <param name="content">Its bytes; few.</param>
    /// <param name="generation">The generation that it must replace; 0 where there must be none.</param>
    /// <param name="ct">Cancels the call, once the try under way has an answer.</param>
    public Task<GcsWrite> InsertAsync(string name, GcsMetadata metadata, ReadOnlyMemory<byte> content, long generation, CancellationToken ct) => WriteAsync(
        _ => InsertRequest(name, metadata, new ReadOnlyMemoryContent(content), generation), Patience(), isSettled: true, ct);

    /// <summary>Writes a blob whole, in one request.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="metadata">What is said of it.</param>
    /// <param name="staged">Its bytes.</param>
    /// <param name="generation">The generation that it must replace; 0 where there must be none.</param>
    /// <param name="ct">Cancels the call at once: the blob is there whole or not at all, then or later.</param>
    public Task<GcsWrite> InsertAsync(string name, GcsMetadata metadata, StagedBlob staged, long generation, CancellationToken ct) => WriteAsync(
        now => InsertRequest(name, metadata, new StagedContent(staged, 0, staged.Length, now), generation), TransferPatience(), isSettled: false, ct);

    /// <summary>The address that begins a resumable upload.</summary>
    public string UploadUrl(string kind, string name, long generation) =>
        $"{uploads}?uploadType={kind}&name={Uri.EscapeDataString(name)}&ifGenerationMatch={Text(generation)}&fields={GcsObject.Fields}";

    /// <summary>Changes custom metadata, and with it the metageneration.</summary>
    public Task<GcsWrite> PatchAsync(string name, GcsMetadata metadata, long generation, long metageneration, CancellationToken ct) => WriteAsync(
        _ =>
        {
            var url = $"{UrlOf(name)}?ifGenerationMatch={Text(generation)}&ifMetagenerationMatch={Text(metageneration)}&fields={GcsObject.Fields}";
            var request = Request(HttpMethod.Patch, url);
            request.Content = JsonOf(metadata);
            return request;
        },
        Patience(),
        isSettled: true,
        ct);

    /// <summary>Deletes one state of an object.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="generation">Its generation.</param>
    /// <param name="metageneration">Its metageneration; null for any.</param>
    /// <param name="ct">Cancels the call, once the try under way has an answer.</param>
    public Task<GcsWrite> DeleteAsync(string name, long generation, long? metageneration, CancellationToken ct) => WriteAsync(
        _ => Request(
            HttpMethod.Delete,
            $"{UrlOf(name)}?ifGenerationMatch={Text(generation)}{(metageneration is { } known ? $"&ifMetagenerationMatch={Text(known)}" : "")}"),
        Patience(),
        isSettled: true,
        ct);

    /// <summary>One page of the objects whose names begin with <paramref name="prefix"/>, in the order of their names.</summary>
    /// <param name="prefix">What the names begin with.</param>
    /// <param name="from">The name to start from, itself included; null starts at the beginning.</param>
    /// <param name="page">The token of the page before; null for the first.</param>
    /// <param name="fields">Which fields of the objects.</param>
    /// <param name="ct">Cancels the call.</param>
    public Task<GcsPage> ListAsync(string prefix, string? from, string? page, string fields, CancellationToken ct) => Patience().RunAsync(
        async now =>
        {
            var url = $"{bucket}/o?prefix={Uri.EscapeDataString(prefix)}&maxResults={Text(PageSize)}&fields=nextPageToken,items({fields})"
                + (from is null ? "" : $"&startOffset={Uri.EscapeDataString(from)}")
                + (page is null ? "" : $"&pageToken={Uri.EscapeDataString(page)}");
            using var response = await transport.SendAsync(Request(HttpMethod.Get, url), Missing, now.Token);
            return response.IsSuccessStatusCode ? await ReadAsync(response, GcsJson.Default.GcsPage, now.Token) : throw NoBucket();
        },
        ct);

    /// <summary>
    /// The service answers 404 for a bucket that is gone as for an object that is not there: one must not be taken for the other. Its words
    /// tell them apart; where they do not, the bucket is asked.
    /// </summary>
    public async Task DemandBucketAsync(string refusal, CancellationToken ct)
    {
        if (!refusal.Contains("No such object", StringComparison.OrdinalIgnoreCase))
            await ListAsync("@", null, null, "name", ct);
    }

    public static HttpRequestMessage Request(HttpMethod method, string url) => new(method, url);

    public static HttpContent JsonOf(GcsMetadata metadata)
    {
        var json = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(metadata, GcsJson.Default.GcsMetadata));
        json.Headers.ContentType = new MediaTypeHeaderValue("application/json", "utf-8");
        return json;
    }

    public static async Task<T> ReadAsync<T>(HttpResponseMessage response, JsonTypeInfo<T> type, CancellationToken ct)
    {
        var what = $"the answer to {response.RequestMessage?.Method}";
        try
        {
            return await GcsTransport.GuardAsync(
                what,
                async () =>
                {
                    await using var body = await response.Content.ReadAsStreamAsync(ct);
                    return await JsonSerializer.DeserializeAsync(body, type, ct) ?? throw new JsonException();
                },
                ct);
        }
        catch (JsonException wrong)
        {
            throw new GcsException(StorageFault.Corrupt, $"Google Cloud Storage gave {what} in words that are not its own.", wrong) { MayBeDone = true };
        }
    }

    private static Task<string> MessageAsync(HttpResponseMessage response, CancellationToken ct) =>
        GcsTransport.GuardAsync("a refusal", () => GcsException.MessageOfAsync(response, ct), ct);

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private async Task<GcsWrite> WriteAsync(Func<GcsTry, HttpRequestMessage> request, GcsPatience patience, bool isSettled, CancellationToken ct)
    {
        var (answer, refusal) = isSettled ? await patience.SettleAsync(TryAsync, ct) : await patience.RunAsync(TryAsync, ct);
        if (refusal is not null)
            await DemandBucketAsync(refusal, ct);
        return answer;

        async Task<(GcsWrite Answer, string? Refusal)> TryAsync(GcsTry now)
        {
            using var response = await transport.SendAsync(request(now), Refusals, now.Token);
            return response switch
            {
                { StatusCode: HttpStatusCode.NoContent } => (new GcsWrite(null, true, patience.IsUnsure), null),
                { IsSuccessStatusCode: true } =>
                    (new GcsWrite(await ReadAsync(response, GcsJson.Default.GcsObject, now.Token), true, patience.IsUnsure), null),
                { StatusCode: HttpStatusCode.NotFound } =>
                    (new GcsWrite(null, false, patience.IsUnsure), await MessageAsync(response, now.Token)),
                _ => (new GcsWrite(null, false, patience.IsUnsure), null),
            };
        }
    }

    private HttpRequestMessage InsertRequest(string name, GcsMetadata metadata, HttpContent content, long generation)
    {
        var request = Request(HttpMethod.Post, UploadUrl("multipart", name, generation));
        request.Content = new MultipartContent("related") { JsonOf(metadata), content };
        return request;
    }

    private string UrlOf(string name) => $"{bucket}/o/{Uri.EscapeDataString(name)}";

    public StorageException NoBucket() => new(StorageFault.Denied, $"There is no bucket '{options.Bucket}' (GCS__BUCKET).");
}

/// <summary>What became of a write.</summary>
/// <param name="Object">What is there now; null for a delete, and where the write was refused.</param>
/// <param name="IsDone">False when its precondition did not hold.</param>
/// <param name="IsUnsure">True when an earlier try of it may have been carried out: a refusal may be by its own doing then.</param>
internal readonly record struct GcsWrite(GcsObject? Object, bool IsDone, bool IsUnsure);
