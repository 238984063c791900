using Registry.Core.Content;
using Registry.Core.Storage;

namespace Registry.Core.Maintenance;

/// <summary>
/// Copies blobs from one storage to another, byte for byte and with their upload times, unless the target has them.
/// </summary>
internal sealed class BlobCopy(IBlobStore source, IBlobStore target, Tally copied, Tally present)
{
    /// <summary>Copies a blob.</summary>
    /// <param name="key">The key of the blob.</param>
    /// <param name="keepNewer">Whether to keep a blob that was uploaded to the target later than to the source.</param>
    /// <param name="cancellationToken">
    /// Cancels the copy; the target then has the whole blob or nothing of it.
    /// </param>
    /// <returns>The outcome, and the problem of a damaged blob.</returns>
    /// <exception cref="StorageException">One of the two storage backends failed.</exception>
    public async Task<(CopyOutcome Outcome, string? Problem)> RunAsync(
        BlobKey key, bool keepNewer, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            if (await source.StatAsync(key, cancellationToken) is not { } blob)
                return (CopyOutcome.Missing, null);
            if (await target.StatAsync(key, cancellationToken) is { } existing && existing.Length == blob.Length)
            {
                if (existing.UploadedAt == blob.UploadedAt)
                {
                    present.AddBlob();
                    return (CopyOutcome.Present, null);
                }

                if (keepNewer && existing.UploadedAt > blob.UploadedAt)
                    return (CopyOutcome.TargetIsNewer, null);
            }

            try
            {
                var isLast = attempt == TargetWrite.MaxAttempts;
                if (await TransferAsync(key, isLast, cancellationToken) is { } result)
                    return result;
                await TargetWrite.PauseAsync(attempt, cancellationToken);
            }
            catch (StorageException exception)
            {
                // The blob was deleted or uploaded again while it was read: copy the current one.
                if (attempt < TargetWrite.MaxAttempts
                    && (await source.StatAsync(key, cancellationToken))?.Revision != blob.Revision)
                    continue;
                if (exception.Kind == StorageFault.Corrupt)
                    return (CopyOutcome.Damaged, $"cannot be copied: {exception.Message}");
                throw;
            }
        }
    }

    /// <returns>Null after a temporary failure of the target, unless this is the last attempt.</returns>
    private async Task<(CopyOutcome Outcome, string? Problem)?> TransferAsync(
        BlobKey key, bool isLast, CancellationToken cancellationToken)
    {
        await using var reader = await source.OpenAsync(key, ByteRange.All, cancellationToken);
        if (reader is null)
            return (CopyOutcome.Missing, null);
        await using var writer = await target.CreateAsync(key.Scope, cancellationToken);
        var digest = await BlobBytes.HashAsync(reader.Content, writer.WriteAsync, copied.AddBytes, cancellationToken);
        if (digest != key.Digest)
            return (CopyOutcome.Damaged, $"holds {reader.Length} bytes with the sha256 {digest}");
        try
        {
            await writer.CommitAsync(key.Digest, reader.Info.UploadedAt, cancellationToken);
        }
        catch (StorageException exception) when (exception.IsTransient && !isLast)
        {
            // The next attempt looks whether the blob is there.
            return null;
        }

        copied.AddBlob();
        return (CopyOutcome.Copied, null);
    }
}

/// <summary>The outcome of copying a blob.</summary>
internal enum CopyOutcome
{
    /// <summary>The blob was copied.</summary>
    Copied,

    /// <summary>The target already had the blob, with the same length and upload time.</summary>
    Present,

    /// <summary>The source does not have the blob.</summary>
    Missing,

    /// <summary>The blob of the source does not match its digest, or cannot be read.</summary>
    Damaged,

    /// <summary>The target has a blob that was uploaded later.</summary>
    TargetIsNewer,
}
