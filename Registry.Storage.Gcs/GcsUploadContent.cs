using Registry.Core.Content;
using Registry.Core.Storage;
using Registry.Core.Transfers;

namespace Registry.Storage.Gcs;

/// <summary>
/// Reads the bytes of a staged upload: its appends in order, each verified by its checksum. A missing append throws.
/// </summary>
/// <param name="client">The client.</param>
/// <param name="names">The names of the objects.</param>
/// <param name="upload">The upload.</param>
/// <param name="length">The length of the upload when it was opened. Bytes appended later are not read.</param>
/// <param name="budget">The memory budget.</param>
internal sealed class GcsUploadContent(
    GcsClient client, GcsNames names, UploadKey upload, long length, TransferBudget budget) : FixedLengthStream(length)
{
    /// <summary>The appends that have been listed and not read yet, without the current one.</summary>
    private readonly Queue<GcsObject> parts = new();

    private GcsBlobContent? current;
    private bool isDisposed;

    public override bool CanRead => !isDisposed;

    protected override async ValueTask<int> ReadCoreAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        while (true)
        {
            current ??= await OpenNextAsync(cancellationToken);
            var read = await current.ReadAsync(buffer, cancellationToken);
            if (read > 0)
                return read;
            await current.DisposeAsync();
            current = null;
        }
    }

    protected override void Dispose(bool disposing)
    {
        isDisposed = true;
        current?.Dispose();
        current = null;
        base.Dispose(disposing);
    }

    /// <summary>Opens the append at the current position.</summary>
    private async Task<GcsBlobContent> OpenNextAsync(CancellationToken cancellationToken)
    {
        if (parts.Count == 0)
            await ListAsync(cancellationToken);
        var name = names.Part(upload, Consumed);
        if (!parts.TryPeek(out var part) || part.Name != name || GcsBlobs.SizeOf(part) == 0)
            throw await MissingAsync(cancellationToken);
        var content = new GcsBlobContent(client, name, part, 0, GcsBlobs.SizeOf(part), budget);
        var hasBegun = false;
        try
        {
            hasBegun = await content.TryBeginAsync(cancellationToken);
        }
        finally
        {
            if (!hasBegun)
                await content.DisposeAsync();
        }

        if (!hasBegun)
            throw await MissingAsync(cancellationToken);
        _ = parts.Dequeue();
        return content;
    }

    /// <summary>Lists one page of the appends from the current position.</summary>
    private async Task ListAsync(CancellationToken cancellationToken)
    {
        string? page = null;
        do
        {
            var found = await client.ListAsync(
                names.PartsOf(upload.Id),
                names.Part(upload, Consumed),
                page,
                "name,size,generation,crc32c",
                cancellationToken);
            foreach (var part in found.Items ?? [])
                parts.Enqueue(part);
            page = found.NextPageToken;
        }
        while (parts.Count == 0 && !string.IsNullOrEmpty(page));
    }

    /// <summary>Distinguishes a discarded upload from a damaged one, whose object still exists.</summary>
    private async Task<StorageException> MissingAsync(CancellationToken cancellationToken) =>
        await client.FindAsync(names.Of(upload), cancellationToken) is null
            ? new StorageException(
                StorageFault.Unavailable, $"The upload '{upload}' was discarded while it was read.")
            : new StorageException(
                StorageFault.Corrupt, $"The upload '{upload}' has no bytes at {Consumed}.");
}
