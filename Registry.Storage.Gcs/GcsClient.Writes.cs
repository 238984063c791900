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
    /// <summary>Writes an object in one request.</summary>
    /// <param name="name">The name of the object.</param>
    /// <param name="metadata">The metadata of the object.</param>
    /// <param name="content">The bytes, held in memory.</param>
    /// <param name="generation">The generation to replace; 0 if the object must not exist.</param>
    /// <param name="repeatsUnknown">Whether an attempt that may have been applied is followed by another.</param>
    /// <param name="cancellationToken">Cancels the call after the response to the current attempt.</param>
    public Task<GcsWrite> InsertAsync(
        string name,
        GcsObject metadata,
        ReadOnlyMemory<byte> content,
        long generation,
        bool repeatsUnknown,
        CancellationToken cancellationToken) => WriteAsync(
        name,
        generation,
        (storage, attempt) => InsertAsync(storage, name, metadata, BytesOf(content), generation, attempt.Token),
        Retry(isWrite: true, repeatsUnknown),
        waitsForAttempt: true,
        cancellationToken);

    /// <summary>Writes staged bytes in one request.</summary>
    /// <param name="name">The name of the object.</param>
    /// <param name="metadata">The metadata of the object.</param>
    /// <param name="staged">The staged bytes.</param>
    /// <param name="generation">The generation to replace; 0 if the object must not exist.</param>
    /// <param name="repeatsUnknown">Whether an attempt that may have been applied is followed by another.</param>
    /// <param name="waitsForAttempt">
    /// Whether a cancellation waits for the response to the current attempt. Otherwise the object may still be created
    /// whole after the call was cancelled.
    /// </param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public Task<GcsWrite> InsertAsync(
        string name,
        GcsObject metadata,
        StagedBlob staged,
        long generation,
        bool repeatsUnknown,
        bool waitsForAttempt,
        CancellationToken cancellationToken) => WriteAsync(
        name,
        generation,
        (storage, attempt) =>
            InsertAsync(storage, name, metadata, new StagedContent(staged, attempt), generation, attempt.Token),
        TransferRetry(isWrite: true, repeatsUnknown),
        waitsForAttempt,
        cancellationToken);

    /// <summary>Creates an upload in chunks, which has not started.</summary>
    /// <param name="name">The name of the object.</param>
    /// <param name="metadata">The metadata of the object.</param>
    /// <param name="content">The bytes; must be seekable.</param>
    /// <param name="generation">The generation to replace; 0 if the object must not exist.</param>
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

    /// <summary>Changes the custom metadata and thereby the metageneration.</summary>
    public Task<GcsWrite> PatchAsync(
        string name,
        GcsObject metadata,
        long generation,
        long metageneration,
        CancellationToken cancellationToken) => WriteAsync(
        name,
        generation,
        async (storage, attempt) =>
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
                () => storage.PatchObjectAsync(metadata, conditions, attempt.Token),
                attempt.Token);
        },
        Retry(isWrite: true),
        waitsForAttempt: true,
        cancellationToken);

    /// <summary>Deletes an object in one state.</summary>
    /// <param name="name">The name of the object.</param>
    /// <param name="generation">The generation to delete.</param>
    /// <param name="metageneration">The metageneration to delete; null for any.</param>
    /// <param name="cancellationToken">Cancels the call after the response to the current attempt.</param>
    public Task<GcsWrite> DeleteAsync(
        string name, long generation, long? metageneration, CancellationToken cancellationToken) => WriteAsync(
        name,
        generation,
        async (storage, attempt) =>
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
                    await storage.DeleteObjectAsync(bucket, name, conditions, attempt.Token);
                    return (GcsObject?)null;
                },
                attempt.Token);
        },
        Retry(isWrite: true),
        waitsForAttempt: true,
        cancellationToken);

    private static ReadOnlyMemoryContent BytesOf(ReadOnlyMemory<byte> content) =>
        new(content) { Headers = { ContentType = new MediaTypeHeaderValue(GcsMetadata.ContentType) } };

    private async Task<GcsWrite> WriteAsync(
        string name,
        long generation,
        Func<StorageClient, GcsAttempt, Task<GcsObject?>> write,
        GcsRetry retry,
        bool waitsForAttempt,
        CancellationToken cancellationToken)
    {
        var storage = await service.GetAsync(cancellationToken);
        var (result, refusal) = waitsForAttempt
            ? await retry.SettleAsync(TryAsync, cancellationToken)
            : await retry.RunAsync(TryAsync, cancellationToken);
        var isNew = generation == 0;
        if (refusal is null || (!isNew && IsMissingObject(refusal)))
            return result;

        // Creating an object requires only the bucket. If that exists, the 404 does not concern the object.
        await RequireBucketAsync(cancellationToken);
        if (isNew || (await FindAsync(name, cancellationToken))?.Generation == generation)
            throw new StorageException(
                StorageFault.Unavailable,
                $"Google Cloud Storage returned 404 for a write of '{name}', "
                    + $"although the {(isNew ? "bucket" : "object")} exists.");
        return result;

        async Task<(GcsWrite Write, string? Refusal)> TryAsync(GcsAttempt attempt)
        {
            try
            {
                return (new GcsWrite(await write(storage, attempt), true, retry.IsOutcomeUnknown), null);
            }
            catch (GoogleApiException exception)
            {
                return (
                    new GcsWrite(null, false, retry.IsOutcomeUnknown),
                    exception.HttpStatusCode == HttpStatusCode.NotFound ? MessageOf(exception) : null);
            }
        }
    }

    /// <summary>Uploads metadata and content in one request. Google's client needs at least two.</summary>
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
