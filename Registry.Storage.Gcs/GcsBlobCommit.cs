using Registry.Core.Content;
using Registry.Core.Storage;

namespace Registry.Storage.Gcs;

/// <summary>
/// Commits one blob: creates an object, or touches the metadata of an existing one. Both requests have a precondition
/// and carry a random write id, so they can be retried after a lost response. The exception is the creation of a blob
/// that no document refers to: absence repeats, so after a delete that a client knows of, it would bring the blob back.
/// </summary>
/// <param name="client">The client.</param>
/// <param name="touches">The recently touched blobs.</param>
/// <param name="name">The name of the object.</param>
/// <param name="source">The bytes; null to touch an existing blob only.</param>
/// <param name="uploadedAt">The upload time; null for the current time.</param>
/// <param name="isReferenced">
/// True when only a document makes the blob visible, so that a repeated creation brings back nothing.
/// </param>
/// <param name="isShared">
/// True when the touch of another commit may be shared, because the upload time of the blob is never shown.
/// </param>
internal sealed class GcsBlobCommit(
    GcsClient client,
    GcsTouches touches,
    string name,
    IGcsSource? source,
    DateTimeOffset? uploadedAt,
    bool isReferenced,
    bool isShared)
{
    /// <summary>The maximum number of lost races. Each is a concurrent commit or delete of the same blob.</summary>
    private const int MaxRaces = 100;

    private readonly string writeId = Guid.NewGuid().ToString("N");

    /// <summary>The object as first seen by this commit; null until then.</summary>
    private GcsObject? first;

    /// <summary>
    /// True when a write of this commit may have stored a blob that no document refers to. If the blob does not exist
    /// afterwards, it may have been deleted since, and must not be created again.
    /// </summary>
    private bool mayHaveStored;

    /// <summary>The failure of the creation that may have stored the blob; null for none.</summary>
    private StorageException? lost;

    /// <summary>
    /// Returns the object after the commit, and whether the commit created it; null when the blob does not exist and
    /// there are no bytes to create it from.
    /// </summary>
    /// <exception cref="StorageException">The outcome is unknown.</exception>
    public async Task<(GcsObject Object, bool IsNew)?> RunAsync(CancellationToken cancellationToken)
    {
        // A small blob is sent at once, because it is usually new. For a large one it is worth checking first.
        var current = source is null or { IsLarge: true } || (isShared && touches.Contains(name))
            ? await FindAsync(cancellationToken)
            : null;
        for (var race = 0; race < MaxRaces; race++)
        {
            if (current is null && source is null)
                return null;
            if (current is null && mayHaveStored)
                throw OutcomeUnknown();
            if (current is not null && IsTouched(current))
                return (current, false);
            var isNew = current is null;
            var sentAt = client.Time.GetTimestamp();
            var (committed, seen) = await TryCommitAsync(current, cancellationToken);
            if (committed is not null)
            {
                if (!IsThisBlob(committed))
                    throw new StorageException(StorageFault.Corrupt, $"'{name}' differs from the committed bytes.");
                if (isShared && committed.Metageneration > 1)
                    touches.Add(name, committed, sentAt);
                return (committed, isNew);
            }

            current = seen ?? await FindAsync(cancellationToken);
            if (current is not null && GcsMetadata.WriteIdOf(current) == writeId)
                return (current, isNew);
            if (source is { IsGone: true })
                return null;
        }

        throw new StorageException(
            StorageFault.Throttled,
            $"'{name}' was changed concurrently during each of {MaxRaces} attempts to commit it.");
    }

    private async Task<GcsObject?> FindAsync(CancellationToken cancellationToken)
    {
        var found = await client.FindAsync(name, cancellationToken);
        first ??= found;
        return found;
    }

    /// <returns>
    /// The committed object; null when the object has changed since it was last seen. In that case also the current
    /// object, if it is already known.
    /// </returns>
    private async Task<(GcsObject? Committed, GcsObject? Seen)> TryCommitAsync(
        GcsObject? current, CancellationToken cancellationToken)
    {
        try
        {
            var write = current is not null && IsThisBlob(current)
                ? await client.PatchAsync(
                    name,
                    GcsMetadata.OfTouch(writeId, TimeOver(current)),
                    current.Generation ?? 0,
                    current.Metageneration ?? 0,
                    cancellationToken)
                : await CreateAsync(current, cancellationToken);
            mayHaveStored |= !isReferenced && write is { IsDone: false, IsOutcomeUnknown: true };
            return (write.Object, null);
        }
        catch (StorageException exception)
            when (!isReferenced && current is null && exception is { IsTransient: true, ChangedNothing: false })
        {
            // The blob may be there nevertheless, which the caller looks up.
            (mayHaveStored, lost) = (true, exception);
            return (null, null);
        }
        catch (StorageException exception)
            when (isShared && exception is { Kind: StorageFault.Throttled, ChangedNothing: true })
        {
            // Concurrent commits exceed the update rate of the object. One of their touches may also cover this commit.
            if (await FindAsync(cancellationToken) is { } existing && (current is null || IsNewer(existing, current)))
                return (null, existing);
            throw;
        }
    }

    /// <summary>
    /// Returns whether the object has the bytes of the source. The name contains the digest, so if the bytes differ,
    /// one of the two is damaged.
    /// </summary>
    private bool IsThisBlob(GcsObject existing) => source is null
        || (GcsBlobs.SizeOf(existing) == source.Length
            && (existing.Crc32c is null || source.Crc32C is null || existing.Crc32c == source.Crc32C));

    /// <summary>
    /// Returns true when the blob was touched since this commit began, or recently by this process. The initial state
    /// does not count: the commit that created the object may still delete it in that state. Neither does a state with
    /// an earlier upload time, which was set explicitly.
    /// </summary>
    private bool IsTouched(GcsObject existing) => isShared && existing.Metageneration > 1 && IsThisBlob(existing)
        && (touches.IsRecent(name, existing) || (first is not null && IsNewer(existing, first)));

    private static bool IsNewer(GcsObject existing, GcsObject than) =>
        GcsMetadata.UploadedAtOf(existing) > GcsMetadata.UploadedAtOf(than)
            && (existing.Generation > than.Generation
                || (existing.Generation == than.Generation && existing.Metageneration > than.Metageneration));

    private Task<GcsWrite> CreateAsync(GcsObject? damaged, CancellationToken cancellationToken)
    {
        if (damaged is not null && !source!.IsVerified)
            throw new StorageException(StorageFault.Corrupt, $"'{name}' differs from the bytes to be copied.");
        return source!.CreateAsync(
            name,
            GcsMetadata.OfBlob(writeId, TimeOver(damaged)),
            damaged?.Generation ?? 0,
            repeatsUnknown: isReferenced || damaged is not null,
            cancellationToken);
    }

    private StorageException OutcomeUnknown() =>
        new(
            StorageFault.Unavailable,
            $"A write of '{name}' got no response, and the object does not exist now: the outcome of the write is "
                + "unknown.",
            lost)
        {
            RetryAfter = lost?.RetryAfter,
        };

    /// <summary>
    /// Returns the upload time: later than that of the replaced object, unless the caller specified one.
    /// </summary>
    private DateTimeOffset TimeOver(GcsObject? replaced)
    {
        if (uploadedAt is { } given)
            return Microseconds.Floor(given);
        var present = Microseconds.Floor(client.Time.GetUtcNow());
        return replaced is not null && GcsMetadata.UploadedAtOf(replaced) is var last && last >= present
            ? last.AddMicroseconds(1)
            : present;
    }
}
