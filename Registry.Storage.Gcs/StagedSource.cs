using Registry.Core.Transfers;

namespace Registry.Storage.Gcs;

/// <summary>
/// Bytes staged in a local file. Up to <see cref="GcsOptions.ChunkBytes"/> are sent in one request, more in a resumable
/// upload.
/// </summary>
/// <param name="client">The client.</param>
/// <param name="staged">The staged bytes.</param>
/// <param name="budget">The memory budget of the send buffers.</param>
/// <param name="waitsForAttempt">
/// Whether a cancellation waits for the current attempt, so that the object is not created after it. Not needed for a
/// blob, which may appear at any time.
/// </param>
internal sealed class StagedSource(
    GcsClient client, StagedBlob staged, TransferBudget budget, bool waitsForAttempt) : IGcsSource
{
    public long Length => staged.Length;

    public string Crc32C => staged.Crc32C;

    public bool IsLarge => staged.Length > client.Options.ChunkBytes;

    public bool IsVerified => true;

    public bool IsGone => false;

    public async Task<GcsWrite> CreateAsync(
        string name,
        GcsObject metadata,
        long generation,
        bool repeatsUnknown,
        CancellationToken cancellationToken)
    {
        // The service rejects bytes that do not match the checksum.
        metadata.Crc32c = staged.Crc32C;
        var bufferBytes = StagedContent.BufferBytes + (IsLarge ? client.Options.UploadBufferBytes : 0);
        await budget.ReserveAsync(bufferBytes, cancellationToken);
        try
        {
            return IsLarge
                ? await new GcsResumableUpload(client, name, staged, repeatsUnknown, waitsForAttempt)
                    .RunAsync(metadata, generation, cancellationToken)
                : await client.InsertAsync(
                    name, metadata, staged, generation, repeatsUnknown, waitsForAttempt, cancellationToken);
        }
        finally
        {
            budget.Release(bufferBytes);
        }
    }
}
