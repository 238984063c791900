using Microsoft.Extensions.Logging;
using Registry.Core.Errors;
using Registry.Core.Packages;
using Registry.Core.Storage;

namespace Registry.Core.Maintenance;

/// <summary>
/// Deletes the blobs of packages that nothing refers to: neither the index, nor a stored OCI manifest. Runs
/// concurrently with pushes and any number of other collectors, without a lock or a read-only mode. App archives are
/// never collected.
/// </summary>
/// <remarks>
/// A blob is deleted when two collections of this instance, at least one <see cref="CollectionOptions.Grace"/> apart by
/// its monotonic clock, found it unreferenced at the same revision. Wall clocks are not used. A new instance has no
/// candidates yet, so it waits for a whole grace period.
/// </remarks>
public sealed partial class BlobCollector(
    PackageIndexes indexes,
    IBlobStore blobs,
    IUploadStore uploads,
    ManifestContents manifests,
    CollectionOptions options,
    TimeProvider time,
    ILogger<BlobCollector> logger)
{
    /// <summary>The maximum number of blobs that one read of the index decides on.</summary>
    private const int BatchSize = 1000;

    /// <summary>
    /// The maximum number of candidates kept between collections, in about 5 MB. Further ones are collected later.
    /// </summary>
    private const int MaxCandidates = 100_000;

    private readonly GarbageCandidates candidates = new(MaxCandidates);
    private readonly UntaggedManifests untagged = new(indexes, blobs, manifests, time);

    /// <summary>Discards abandoned uploads of both ports: the first step of a collection.</summary>
    /// <returns>The number of discarded uploads.</returns>
    /// <exception cref="StorageException">The storage failed.</exception>
    public async Task<int> DiscardAbandonedAsync(CancellationToken cancellationToken) =>
        await blobs.DiscardAbandonedAsync(options.StagedIdle, cancellationToken)
            + await uploads.DiscardIdleAsync(options.StagedIdle, cancellationToken);

    /// <summary>Runs a whole collection. Collections of one instance must not overlap.</summary>
    /// <exception cref="StorageException">The storage failed; blobs deleted before stay deleted.</exception>
    public async Task<CollectionReport> CollectAsync(CancellationToken cancellationToken)
    {
        var discarded = await DiscardAbandonedAsync(cancellationToken);
        var (deleted, bytes) = (0, 0L);
        var batch = new List<BlobInfo>();
        PackageName? examined = null;

        candidates.Begin();

        // (1) The listing returns the revisions. All that follows must happen in this epoch: if the storage loses its
        // last writes, an index may again reference blobs that it did not reference when it was read.
        var epoch = await blobs.EpochAsync(cancellationToken);
        await foreach (var blob in blobs.ListAsync(
            StoreKeys.Packages, ScopeDepth.Subtree, after: null, cancellationToken))
        {
            if (batch.Count == BatchSize || (batch.Count > 0 && batch[0].Key.Scope != blob.Key.Scope))
                await CollectBatchAsync();
            batch.Add(blob);
        }

        await CollectBatchAsync();
        candidates.End();
        LogCollected(deleted, bytes, discarded);
        if (candidates.IsFull)
            LogCandidatesFull(candidates.Count);
        return new CollectionReport(deleted, bytes, discarded);

        async Task CollectBatchAsync()
        {
            if (batch.Count > 0
                && PackageName.TryParse(batch[0].Key.Scope, out var next)
                && next != examined
                && options.UntaggedAge is { } age)
            {
                examined = next;
                await RemoveUntaggedAsync(next, age, cancellationToken);
            }

            // (2) The index is read after this moment. A push whose blob was first seen one grace period earlier has
            // written its index by now, or checks its blob again. Any other push that references the blob has yet to
            // commit it, which changes the revision.
            var now = time.GetTimestamp();
            if (batch.Count > 0 && PackageName.TryParse(batch[0].Key.Scope, out var package))
            {
                Dictionary<Digest, bool> references = [];
                var isRead = false;
                try
                {
                    if ((await indexes.FindAsync(package, cancellationToken))?.State is { } index)
                        references = await manifests.ReferencesAsync(
                            index,
                            batch.Select(static blob => blob.Key.Digest).ToHashSet(),
                            damaged: null,
                            cancellationToken);
                    isRead = true;

                    // If a power failure can undo the removal of a release, the release still needs its blob.
                    await indexes.EnsureDurableAsync(package, cancellationToken);
                }
                catch (StorageException exception) when (
                    isRead || exception.Kind is StorageFault.Corrupt or StorageFault.NewerSchema)
                {
                    // An index or a manifest that cannot be read or made durable may refer to any blob of its package:
                    // skip them.
                    LogSkippedPackage(package, exception);
                    batch.Clear();
                    return;
                }

                foreach (var blob in batch)
                {
                    if (references.ContainsKey(blob.Key.Digest)
                        || time.GetElapsedTime(candidates.Add(blob, now), now) < options.Grace)
                        continue;

                    // (3) Not deleted if a push has committed the blob again since (1).
                    if (!await blobs.TryDeleteAsync(
                        blob.Key, Precondition.Matches(blob.Revision).In(epoch), cancellationToken))
                        continue;
                    candidates.Remove(blob);
                    deleted++;
                    bytes += blob.Length;
                }
            }

            batch.Clear();
        }
    }

    private async Task RemoveUntaggedAsync(PackageName package, TimeSpan age, CancellationToken cancellationToken)
    {
        try
        {
            if (await untagged.RemoveAsync(package, age, cancellationToken) is > 0 and var removed)
                LogRemovedUntagged(removed, package);
        }
        catch (Exception exception)
            when (exception is RegistryException
                or StorageException { Kind: StorageFault.Corrupt or StorageFault.NewerSchema })
        {
            LogNotRemoved(package, exception);
        }
    }

    [LoggerMessage(
        Level = LogLevel.Information, Message = "Removed {Count} untagged manifests of {Package}")]
    private partial void LogRemovedUntagged(int count, PackageName package);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Removing the untagged manifests of {Package} failed; the next collection tries again")]
    private partial void LogNotRemoved(PackageName package, Exception fault);

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "Skipped the blobs of {Package}: its index cannot be read or made durable")]
    private partial void LogSkippedPackage(PackageName package, Exception fault);

    [LoggerMessage(
        Level = LogLevel.Information,
        Message = "At least {Count} blobs are unreferenced; the rest are collected later")]
    private partial void LogCandidatesFull(int count);

    [LoggerMessage(
        Level = LogLevel.Information,
        Message = "Collected {Deleted} blobs ({Bytes} bytes); discarded {Discarded} abandoned uploads")]
    private partial void LogCollected(int deleted, long bytes, int discarded);
}

/// <summary>The result of a collection.</summary>
/// <param name="Deleted">The number of deleted blobs.</param>
/// <param name="Bytes">Their total length, in bytes.</param>
/// <param name="Discarded">The number of discarded uploads.</param>
public sealed record CollectionReport(int Deleted, long Bytes, int Discarded);
