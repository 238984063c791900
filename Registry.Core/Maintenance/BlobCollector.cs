using Microsoft.Extensions.Logging;
using Registry.Core.Packages;
using Registry.Core.Storage;

namespace Registry.Core.Maintenance;

/// <summary>
/// Reclaims the blobs of packages that no manifest refers to, during pushes and next to any number of other collectors:
/// no lock, no read-only mode. App archives are never looked at.
/// </summary>
/// <remarks>
/// A blob is deleted when two collections of this instance, at least one <see cref="CollectionOptions.Grace"/> apart by
/// its own monotonic clock, found it unreferenced at the same revision. No wall clock takes part. A new instance has
/// seen nothing yet, so it waits for a grace of its own.
/// </remarks>
public sealed partial class BlobCollector(
    PackageIndexes indexes,
    IBlobStore blobs,
    CollectionOptions options,
    TimeProvider time,
    ILogger<BlobCollector> logger)
{
    /// <summary>How many candidates are judged by one read of their index.</summary>
    private const int BatchSize = 1000;

    /// <summary>
    /// How much garbage is remembered from one collection to the next, in some 5 MB. More than that is collected later.
    /// </summary>
    private const int MaxCandidates = 100_000;

    private readonly GarbageCandidates candidates = new(MaxCandidates);

    /// <summary>Reclaims the uploads that nobody will finish: the first step of a collection.</summary>
    /// <returns>How many.</returns>
    /// <exception cref="StorageException">The storage failed.</exception>
    public ValueTask<int> DiscardAbandonedAsync(CancellationToken cancellationToken) =>
        blobs.DiscardAbandonedAsync(options.StagedIdle, cancellationToken);

    /// <summary>One whole collection. One at a time.</summary>
    /// <exception cref="StorageException">The storage failed; what was reclaimed before stays reclaimed.</exception>
    public async Task<CollectionReport> CollectAsync(CancellationToken cancellationToken)
    {
        var discarded = await DiscardAbandonedAsync(cancellationToken);
        var (deleted, bytes) = (0, 0L);
        var batch = new List<BlobInfo>();

        candidates.Begin();

        // (1) The listing gives the revisions. Everything that follows happens in this epoch: a storage that lost its
        // last writes may refer again to what an index that was read before did not name.
        var epoch = await blobs.EpochAsync(cancellationToken);
        await foreach (var blob in blobs.ListAsync(
            StoreKeys.Packages, ScopeDepth.Subtree, after: null, cancellationToken))
        {
            if (batch.Count == BatchSize || (batch.Count > 0 && batch[0].Key.Scope != blob.Key.Scope))
                await JudgeAsync();
            batch.Add(blob);
        }

        await JudgeAsync();
        candidates.End();
        LogCollected(deleted, bytes, discarded);
        if (candidates.IsFull)
            LogMore(candidates.Count);
        return new CollectionReport(deleted, bytes, discarded);

        async Task JudgeAsync()
        {
            // (2) The index is read after this moment. A push whose blob was first seen a grace earlier has written its
            // index by now, or looks at its blob again; any other push that refers to the blob has yet to commit it,
            // which changes the revision.
            var now = time.GetTimestamp();
            if (batch.Count > 0 && PackageName.TryParse(batch[0].Key.Scope, out var package))
            {
                PackageIndex? index;
                var isRead = false;
                try
                {
                    index = (await indexes.FindAsync(package, cancellationToken))?.State;
                    isRead = true;

                    // A release whose removal a power failure would undo still needs its blob.
                    await indexes.EnsureDurableAsync(package, cancellationToken);
                }
                catch (StorageException fault) when (isRead || fault.Kind == StorageFault.Corrupt)
                {
                    // An index that cannot be read or made durable may refer to any blob: those of its package stay,
                    // and those of others need not.
                    LogSpared(package, fault);
                    batch.Clear();
                    return;
                }

                foreach (var blob in batch)
                {
                    if (index?.References(blob.Key.Digest) == true
                        || time.GetElapsedTime(candidates.Note(blob, now), now) < options.Grace)
                        continue;

                    // (3) Refused where a push committed the blob again since (1).
                    if (!await blobs.TryDeleteAsync(
                        blob.Key, Precondition.Matches(blob.Revision).In(epoch), cancellationToken))
                        continue;
                    candidates.Forget(blob);
                    deleted++;
                    bytes += blob.Length;
                }
            }

            batch.Clear();
        }
    }

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "Nothing of {Package} is collected: its index cannot be read or made durable")]
    private partial void LogSpared(PackageName package, Exception fault);

    [LoggerMessage(
        Level = LogLevel.Information,
        Message = "At least {Count} blobs are unreferenced; those that come on top of them are collected later")]
    private partial void LogMore(int count);

    [LoggerMessage(
        Level = LogLevel.Information,
        Message = "Collected {Deleted} blobs of {Bytes} bytes and {Discarded} abandoned uploads")]
    private partial void LogCollected(int deleted, long bytes, int discarded);
}

/// <summary>What a collection reclaimed.</summary>
/// <param name="Deleted">Blobs.</param>
/// <param name="Bytes">Their length.</param>
/// <param name="Discarded">Staged writes that nobody finished.</param>
public sealed record CollectionReport(int Deleted, long Bytes, int Discarded);
