using System.Net;
using System.Net.Http.Headers;
using Google;
using Google.Apis.Requests;
using Google.Apis.Storage.v1;
using Google.Cloud.Storage.V1;
using Registry.Core.Storage;

namespace Registry.Storage.Gcs;

internal sealed partial class GcsClient
{
    /// <summary>Writes an object whole, in one request.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="metadata">What is said of it.</param>
    /// <param name="content">Its bytes; few.</param>
    /// <param name="generation">The generation that it must replace; 0 where there must be none.</param>
    /// <param name="cancellationToken">Cancels the call, once the try under way has an answer.</param>
    public Task<GcsWrite> InsertAsync(
        string name,
        GcsObject metadata,
        ReadOnlyMemory<byte> content,
        long generation,
        CancellationToken cancellationToken) => WriteAsync(
        name,
        generation,
        (storage, now) => InsertAsync(storage, name, metadata, BytesOf(content), generation, now.Token),
        Retry(isWrite: true),
        isSettled: true,
        cancellationToken);

    /// <summary>Writes a blob whole, in one request.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="metadata">What is said of it.</param>
    /// <param name="staged">Its bytes.</param>
    /// <param name="generation">The generation that it must replace; 0 where there must be none.</param>
    /// <param name="cancellationToken">
    /// Cancels the call at once: the blob is there whole or not at all, then or later.
    /// </param>
    public Task<GcsWrite> InsertAsync(
        string name,
        GcsObject metadata,
        StagedBlob staged,
        long generation,
        CancellationToken cancellationToken) => WriteAsync(
        name,
        generation,
        (storage, now) => InsertAsync(storage, name, metadata, new StagedContent(staged, now), generation, now.Token),
        TransferRetry(isWrite: true),
        isSettled: false,
        cancellationToken);

    /// <summary>An upload in chunks, which has yet to begin.</summary>
    /// <param name="name">The name of the object.</param>
    /// <param name="metadata">What is said of it.</param>
    /// <param name="content">Its bytes; must be seekable.</param>
    /// <param name="generation">The generation that it must replace; 0 where there must be none.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public async Task<ObjectsResource.InsertMediaUpload> CreateUploadAsync(
        string name, GcsObject metadata, Stream content, long generation, CancellationToken cancellationToken)
    {
        var storage = await service.GetAsync(cancellationToken);
        (metadata.Bucket, metadata.Name) = (bucket, name);
        var upload = storage.CreateObjectUploader(
            metadata,
            content,
            new UploadObjectOptions { ChunkSize = options.UploadBufferBytes, IfGenerationMatch = generation });
        (upload.Name, upload.Fields) = (name, GcsMetadata.Fields);
        return upload;
    }

    /// <summary>Changes custom metadata, and with it the metageneration.</summary>
    public Task<GcsWrite> PatchAsync(
        string name,
        GcsObject metadata,
        long generation,
        long metageneration,
        CancellationToken cancellationToken) => WriteAsync(
        name,
        generation,
        async (storage, now) =>
        {
            (metadata.Bucket, metadata.Name) = (bucket, name);
            var conditions = new PatchObjectOptions
            {
                IfGenerationMatch = generation,
                IfMetagenerationMatch = metageneration,
                RetryOptions = RetryOptions.Never,
            };
            return await GcsException.GuardAsync(
                $"PATCH '{name}'",
                () => storage.PatchObjectAsync(metadata, conditions, now.Token),
                now.Token);
        },
        Retry(isWrite: true),
        isSettled: true,
        cancellationToken);

    /// <summary>Deletes one state of an object.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="generation">Its generation.</param>
    /// <param name="metageneration">Its metageneration; null for any.</param>
    /// <param name="cancellationToken">Cancels the call, once the try under way has an answer.</param>
    public Task<GcsWrite> DeleteAsync(
        string name, long generation, long? metageneration, CancellationToken cancellationToken) => WriteAsync(
        name,
        generation,
        async (storage, now) =>
        {
            var conditions = new DeleteObjectOptions
            {
                IfGenerationMatch = generation,
                IfMetagenerationMatch = metageneration,
                RetryOptions = RetryOptions.Never,
            };
            return await GcsException.GuardAsync(
                $"DELETE '{name}'",
                async () =>
                {
                    await storage.DeleteObjectAsync(bucket, name, conditions, now.Token);
                    return (GcsObject?)null;
                },
                now.Token);
        },
        Retry(isWrite: true),
        isSettled: true,
        cancellationToken);

    private static ReadOnlyMemoryContent BytesOf(ReadOnlyMemory<byte> content) =>
        new(content) { Headers = { ContentType = new MediaTypeHeaderValue(GcsMetadata.ContentType) } };

    private async Task<GcsWrite> WriteAsync(
        string name,
        long generation,
        Func<StorageClient, GcsAttempt, Task<GcsObject?>> write,
        GcsRetry retry,
        bool isSettled,
        CancellationToken cancellationToken)
    {
        var storage = await service.GetAsync(cancellationToken);
        var (answer, refusal) = isSettled
            ? await retry.SettleAsync(TryAsync, cancellationToken)
            : await retry.RunAsync(TryAsync, cancellationToken);
        var isNew = generation == 0;
        if (refusal is null || (!isNew && NamesObject(refusal)))
            return answer;

        // A new object needs nothing but the bucket: where that is there, the refusal says nothing of the object.
        await DemandBucketAsync(cancellationToken);
        if (isNew || (await FindAsync(name, cancellationToken))?.Generation == generation)
            throw new StorageException(
                StorageFault.Unavailable,
                $"Google Cloud Storage answered a write of '{name}' with 404, "
                    + $"although the {(isNew ? "bucket" : "object")} is there.");
        return answer;

        async Task<(GcsWrite Answer, string? Refusal)> TryAsync(GcsAttempt now)
        {
            try
            {
                return (new GcsWrite(await write(storage, now), true, retry.IsOutcomeUnknown), null);
            }
            catch (GoogleApiException refused)
            {
                return (
                    new GcsWrite(null, false, retry.IsOutcomeUnknown),
                    refused.HttpStatusCode == HttpStatusCode.NotFound ? WordsOf(refused) : null);
            }
        }
    }

    /// <summary>Google's client sends content in two requests or more; here everything goes in one.</summary>
    private async Task<GcsObject?> InsertAsync(
        StorageClient storage,
        string name,
        GcsObject metadata,
        HttpContent content,
        long generation,
        CancellationToken cancellationToken)
    {
        var url = $"{options.Address}/upload/storage/v1/b/{bucket}/o?uploadType=multipart"
            + $"&name={Uri.EscapeDataString(name)}&ifGenerationMatch={Text(generation)}&fields={GcsMetadata.Fields}";
        using var request = new HttpRequestMessage(HttpMethod.Post, url);
        var json = new StringContent(
            storage.Service.SerializeObject(metadata), System.Text.Encoding.UTF8, "application/json");
        request.Content = new MultipartContent("related") { json, content };
        using var response = await SendAsync(storage, request, cancellationToken);
        return response.IsSuccessStatusCode
            ? await ReadObjectAsync(name, response, cancellationToken)
            : throw new GoogleApiException(storage.Service.Name)
            {
                HttpStatusCode = response.StatusCode,
                Error = new RequestError
                {
                    ErrorResponseContent = await response.Content.ReadAsStringAsync(cancellationToken),
                },
            };
    }
}
