using Registry.Core.Content;
using Registry.Core.Storage;

namespace Registry.Core.Maintenance;

/// <summary>
/// Copies blobs from one storage to another, byte for byte and with their time, unless they are there.
/// </summary>
internal sealed class BlobCopy(IBlobStore source, IBlobStore target, Tally copied, Tally present)
{
    private const int MaxAttempts = 10;

    /// <summary>Copies one blob.</summary>
    /// <param name="key">Which.</param>
    /// <param name="keepsLater">
    /// Leaves an entry of the target that has a later time than the source's: somebody uploaded it there.
    /// </param>
    /// <param name="cancellationToken">Gives up; the blob is then at the target whole or not at all.</param>
    /// <returns>What became of it, and what is wrong where it could not be copied.</returns>
    /// <exception cref="StorageException">One of the storages failed.</exception>
    public async Task<(CopyOutcome Outcome, string? Damage)> RunAsync(
        BlobKey key, bool keepsLater, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            if (await source.StatAsync(key, cancellationToken) is not { } blob)
                return (CopyOutcome.Gone, null);
            if (await target.StatAsync(key, cancellationToken) is { } there && there.Length == blob.Length)
            {
                if (there.UploadedAt == blob.UploadedAt)
                {
                    present.AddBlob();
                    return (CopyOutcome.Present, null);
                }

                if (keepsLater && there.UploadedAt > blob.UploadedAt)
                    return (CopyOutcome.LaterThere, null);
            }

            try
            {
                return await TransferAsync(key, cancellationToken);
            }
            catch (StorageException fault)
            {
                // Deleted or uploaded again under the reader: that is no fault, and what is there now is to be copied.
                if (attempt < MaxAttempts
                    && (await source.StatAsync(key, cancellationToken))?.Revision != blob.Revision)
                    continue;
                if (fault.Kind == StorageFault.Corrupt)
                    return (CopyOutcome.Damaged, $"cannot be copied: {fault.Message}");
                throw;
            }
        }
    }

    private async Task<(CopyOutcome Outcome, string? Damage)> TransferAsync(
        BlobKey key, CancellationToken cancellationToken)
    {
        await using var reader = await source.OpenAsync(key, ByteRange.All, cancellationToken);
        if (reader is null)
            return (CopyOutcome.Gone, null);
        await using var writer = await target.CreateAsync(key.Scope, cancellationToken);
        var digest = await BlobBytes.HashAsync(reader.Content, writer.WriteAsync, copied.AddBytes, cancellationToken);
        if (digest != key.Digest)
            return (CopyOutcome.Damaged, $"holds {reader.Length} bytes with the sha256 {digest}");
        await writer.CommitAsync(key.Digest, reader.Info.UploadedAt, cancellationToken);
        copied.AddBlob();
        return (CopyOutcome.Copied, null);
    }
}

/// <summary>What became of a blob that was to be copied.</summary>
internal enum CopyOutcome
{
    /// <summary>It was copied.</summary>
    Copied,

    /// <summary>It was there, with the same length and time.</summary>
    Present,

    /// <summary>The source does not have it.</summary>
    Gone,

    /// <summary>What the source has is not what its name says.</summary>
    Damaged,

    /// <summary>The target has one that was uploaded later.</summary>
    LaterThere,
}
