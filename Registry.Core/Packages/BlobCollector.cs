using Microsoft.Extensions.Logging;
using Registry.Core.Content;
using Registry.Core.Storage;

namespace Registry.Core.Packages;

/// <summary>
/// Reclaims the blobs of packages that no manifest refers to, during pushes and next to any number of other collectors: no lock, no
/// read-only mode. App archives are never looked at.
/// </summary>
public sealed partial class BlobCollector(
    PackageIndexes indexes, IBlobStore blobs, CollectionOptions options, TimeProvider time, ILogger<BlobCollector> logger)
{
    /// <summary>How many candidates are judged by one read of their index.</summary>
    private const int BatchSize = 1000;

    /// <summary>Reclaims the uploads that nobody will finish: the first step of a collection.</summary>
    /// <returns>How many.</returns>
    /// <exception cref="StorageException">The storage failed.</exception>
    public ValueTask<int> DiscardAbandonedAsync(CancellationToken ct) =>
        blobs.DiscardAbandonedAsync(options.StagedIdle, ct);

    /// <summary>One whole collection.</summary>
    /// <exception cref="StorageException">The storage failed; what was reclaimed before stays reclaimed.</exception>
    public async Task<CollectionReport> CollectAsync(CancellationToken ct)
    {
        var discarded = await DiscardAbandonedAsync(ct);
        var (deleted, bytes) = (0, 0L);
        var batch = new List<BlobInfo>();

        // (1) What was touched within the grace may belong to a push that has not written its index yet.
        var spareFrom = time.GetUtcNow() - options.Grace;
        await foreach (var blob in blobs.ListAsync(StoreKeys.Packages, ScopeDepth.Subtree, after: null, ct))
        {
            if (batch.Count == BatchSize || (batch.Count > 0 && batch[0].Key.Scope != blob.Key.Scope))
                await JudgeAsync();
            if (blob.TouchedAt < spareFrom)
                batch.Add(blob);
        }

        await JudgeAsync();
        LogCollected(deleted, bytes, discarded);
        return new CollectionReport(deleted, bytes, discarded);

        async Task JudgeAsync()
        {
            // (2) The index is read after the listing: a reference that it lacks can only come with a commit, which changes the revision.
            if (batch.Count > 0 && StoreKeys.TryGetPackage(batch[0].Key.Scope, out var package))
            {
                PackageIndex? index;
                try
                {
                    index = (await indexes.FindAsync(package, ct))?.Index;
                }
                catch (StorageException fault) when (fault.Kind == StorageFault.Corrupt)
                {
                    // Nobody knows what a damaged index refers to: its blobs stay, and those of others need not.
                    LogSpared(package, fault);
                    batch.Clear();
                    return;
                }

                foreach (var blob in batch)
                {
                    // (3) Refused where a push committed the blob again since (1).
                    if (index?.References(blob.Key.Digest) == true || !await blobs.TryDeleteAsync(blob.Key, Precondition.Matches(blob.Revision), ct))
                        continue;
                    deleted++;
                    bytes += blob.Length;
                }
            }

            batch.Clear();
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Nothing of {Package} is collected: its index is damaged")]
    private partial void LogSpared(PackageName package, Exception fault);

    [LoggerMessage(Level = LogLevel.Information, Message = "Collected {Deleted} blobs of {Bytes} bytes and {Discarded} abandoned uploads")]
    private partial void LogCollected(int deleted, long bytes, int discarded);
}

/// <summary>What a collection reclaimed.</summary>
/// <param name="Deleted">Blobs.</param>
/// <param name="Bytes">Their length.</param>
/// <param name="Discarded">Staged writes that nobody finished.</param>
public sealed record CollectionReport(int Deleted, long Bytes, int Discarded);
