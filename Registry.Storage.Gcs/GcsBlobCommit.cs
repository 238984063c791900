using Registry.Core.Content;
using Registry.Core.Storage;

namespace Registry.Storage.Gcs;

/// <summary>
/// Places one staged blob: a new object where there is none, and a touch of its metadata where it is there already.
/// Both go by precondition and carry a random id, so they can be tried again whatever became of their answers.
/// </summary>
/// <param name="client">Where.</param>
/// <param name="touches">Which blobs were touched a moment ago.</param>
/// <param name="name">The name of the object.</param>
/// <param name="staged">The bytes.</param>
/// <param name="uploadedAt">When the blob counts as uploaded; null for now.</param>
/// <param name="isShared">
/// True when the touch of another commit serves as well as one of its own: nobody asks for the blob's time.
/// </param>
internal sealed class GcsBlobCommit(
    GcsClient client, GcsTouches touches, string name, StagedBlob staged, DateTimeOffset? uploadedAt, bool isShared)
{
    /// <summary>
    /// How often the commit may lose against others: each loss is a commit or delete of the same blob by somebody else.
    /// </summary>
    private const int MaxRaces = 100;

    private readonly string writeId = Guid.NewGuid().ToString("N");

    /// <summary>The object as this commit saw it first, after it began; null before that.</summary>
    private GcsObject? first;

    /// <summary>The object as this commit left it, and whether the commit created it.</summary>
    /// <exception cref="StorageException">The outcome is unknown.</exception>
    public async Task<(GcsObject Object, bool IsNew)> RunAsync(CancellationToken cancellationToken)
    {
        // What is small is sent at once, as it is new as a rule. What is large is worth a question first.
        var current = IsLarge || (isShared && touches.Knows(name)) ? await LookAsync(cancellationToken) : null;
        for (var race = 0; race < MaxRaces; race++)
        {
            if (current is not null && IsTouched(current))
                return (current, false);
            var isNew = current is null;
            var began = client.Time.GetTimestamp();
            var (placed, seen) = await TryPlaceAsync(current, cancellationToken);
            if (placed is not null)
            {
                if (!IsThisBlob(placed))
                    throw new StorageException(StorageFault.Corrupt, $"'{name}' is not what was uploaded.");
                if (placed.Metageneration > 1)
                    touches.Note(name, placed, began);
                return (placed, isNew);
            }

            current = seen ?? await LookAsync(cancellationToken);
            if (current is not null && GcsMetadata.WriteIdOf(current) == writeId)
                return (current, isNew);
        }

        throw new StorageException(
            StorageFault.Throttled,
            $"'{name}' was changed by others each of the {MaxRaces} times that it was to be committed.");
    }

    private bool IsLarge => staged.Length > client.Options.ChunkBytes;

    private async Task<GcsObject?> LookAsync(CancellationToken cancellationToken)
    {
        var found = await client.FindAsync(name, cancellationToken);
        first ??= found;
        return found;
    }

    /// <returns>
    /// What was placed; null when the object is not as it was last seen. And then the object as it is now, where that
    /// is known already.
    /// </returns>
    private async Task<(GcsObject? Placed, GcsObject? Seen)> TryPlaceAsync(
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
                : await UploadAsync(current, cancellationToken);
            return (write.Object, null);
        }
        catch (StorageException busy) when (isShared && busy is { Kind: StorageFault.Throttled, ChangedNothing: true })
        {
            // Others change the object faster than the service takes it: one of their touches may serve this commit
            // too.
            if (await LookAsync(cancellationToken) is { } there && (current is null || IsLater(there, current)))
                return (null, there);
            throw;
        }
    }

    /// <summary>
    /// Where the bytes there are others than ours, which have the digest in the name, they are damaged, and are
    /// replaced.
    /// </summary>
    private bool IsThisBlob(GcsObject there) =>
        GcsBlobs.SizeOf(there) == staged.Length && (there.Crc32c is null || there.Crc32c == staged.Crc32C);

    /// <summary>
    /// True when somebody else has touched the blob since this commit began, or this process a moment before. Whoever
    /// created the object may still take it back in the state in which it was created, so that state serves nobody
    /// else.
    /// </summary>
    private bool IsTouched(GcsObject there) => isShared && there.Metageneration > 1 && IsThisBlob(there)
        && (touches.IsRecent(name, there) || (first is not null && IsLater(there, first)));

    private static bool IsLater(GcsObject there, GcsObject than) =>
        there.Generation > than.Generation
            || (there.Generation == than.Generation && there.Metageneration > than.Metageneration);

    private Task<GcsWrite> UploadAsync(GcsObject? damaged, CancellationToken cancellationToken)
    {
        var metadata = GcsMetadata.OfBlob(writeId, TimeOver(damaged), staged.Crc32C);
        var generation = damaged?.Generation ?? 0;
        return IsLarge
            ? new GcsResumableUpload(client, name, staged).RunAsync(metadata, generation, cancellationToken)
            : client.InsertAsync(name, metadata, staged, generation, cancellationToken);
    }

    /// <summary>
    /// When the blob counts as uploaded: later than what it takes the place of, unless the caller knows better.
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
