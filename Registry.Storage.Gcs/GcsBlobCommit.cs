using Registry.Core.Content;
using Registry.Core.Storage;

namespace Registry.Storage.Gcs;

/// <summary>
/// Places one staged blob: a new object where there is none, and a touch of its metadata where it is there already. Both go by
/// precondition and carry a random id, so they can be tried again whatever became of their answers.
/// </summary>
internal sealed class GcsBlobCommit(GcsClient client, string name, StagedBlob staged, DateTimeOffset? uploadedAt)
{
    /// <summary>How often the commit may lose against others: each loss is a commit or delete of the same blob by somebody else.</summary>
    private const int MaxRaces = 100;

    private readonly string writeId = Guid.NewGuid().ToString("N");

    /// <summary>The object as this commit left it, and whether the commit created it.</summary>
    /// <exception cref="StorageException">The outcome is unknown.</exception>
    public async Task<(GcsObject Object, bool IsNew)> RunAsync(CancellationToken ct)
    {
        // What is small is sent at once, as it is new as a rule. What is large is worth a question first.
        var current = IsLarge ? await client.FindAsync(name, ct) : null;
        for (var race = 0; race < MaxRaces; race++)
        {
            var isNew = current is null;
            var write = current is not null && IsThisBlob(current)
                ? await client.PatchAsync(name, GcsMetadata.OfTouch(writeId, TimeOver(current)), current.Generation, current.Metageneration, ct)
                : await UploadAsync(current, ct);
            if (write.Object is { } placed)
                return IsThisBlob(placed) ? (placed, isNew) : throw new StorageException(StorageFault.Corrupt, $"'{name}' is not what was uploaded.");
            current = await client.FindAsync(name, ct);
            if (current?.WriteId == writeId)
                return (current, isNew);
        }

        throw new StorageException(StorageFault.Throttled, $"'{name}' was changed by others each of the {MaxRaces} times that it was to be committed.");
    }

    private bool IsLarge => staged.Length > client.Options.ChunkBytes;

    /// <summary>Where the bytes there are others than ours, which have the digest in the name, they are damaged, and are replaced.</summary>
    private bool IsThisBlob(GcsObject there) => there.Size == staged.Length && (there.Crc32c is null || there.Crc32c == staged.Crc32C);

    private Task<GcsWrite> UploadAsync(GcsObject? damaged, CancellationToken ct)
    {
        var metadata = GcsMetadata.OfBlob(writeId, TimeOver(damaged), staged.Crc32C);
        var generation = damaged?.Generation ?? 0;
        return IsLarge
            ? new GcsResumableUpload(client, name, staged).RunAsync(metadata, generation, ct)
            : client.InsertAsync(name, metadata, staged, generation, ct);
    }

    /// <summary>When the blob counts as uploaded: later than what it takes the place of, unless the caller knows better.</summary>
    private DateTimeOffset TimeOver(GcsObject? replaced)
    {
        if (uploadedAt is { } given)
            return Microseconds.Floor(given);
        var present = Microseconds.Floor(client.Time.GetUtcNow());
        return replaced is not null && GcsBlobs.UploadedAtOf(replaced) is var last && last >= present ? last.AddMicroseconds(1) : present;
    }
}
