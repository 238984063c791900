using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Registry.Core.Storage;

namespace Registry.Core.Maintenance;

/// <summary>
/// The blobs that consecutive collections found unreferenced at the same revision, each with the time at which the
/// first of them did. Not thread-safe.
/// </summary>
/// <remarks>
/// Blob and revision are identified by half of the sha256 of both, so an entry takes about 50 bytes whatever the length
/// of the key. At <paramref name="capacity"/> no more blobs are added until others have been collected.
/// </remarks>
/// <param name="capacity">The maximum number of blobs.</param>
internal sealed class GarbageCandidates(int capacity)
{
    private readonly Dictionary<UInt128, Entry> known = [];
    private int collection;

    /// <summary>The number of blobs.</summary>
    public int Count => known.Count;

    /// <summary>True when there is no room for another blob.</summary>
    public bool IsFull => known.Count >= capacity;

    /// <summary>Begins a collection.</summary>
    public void Begin() => collection++;

    /// <summary>Adds a blob that is unreferenced at a revision.</summary>
    /// <param name="blob">The blob as it was listed.</param>
    /// <param name="now">A <see cref="TimeProvider.GetTimestamp"/> from after the listing.</param>
    /// <returns>
    /// The timestamp of the first time that it was added at this revision: <paramref name="now"/> if it is new.
    /// </returns>
    public long Add(BlobInfo blob, long now)
    {
        var key = KeyOf(blob);
        if (known.TryGetValue(key, out var entry))
        {
            known[key] = entry with { LastSeen = collection };
            return entry.Since;
        }

        if (!IsFull)
            known.Add(key, new Entry(now, collection));
        return now;
    }

    /// <summary>Removes a blob that was deleted.</summary>
    /// <param name="blob">The blob as it was listed.</param>
    public void Remove(BlobInfo blob) => known.Remove(KeyOf(blob));

    /// <summary>
    /// Ends a collection that has seen every blob. Blobs that it did not add are deleted, referenced or at another
    /// revision, and are removed.
    /// </summary>
    public void End()
    {
        foreach (var (key, entry) in known)
            if (entry.LastSeen != collection)
                known.Remove(key);
    }

    private static UInt128 KeyOf(BlobInfo blob)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes($"{blob.Key.Value}\n{blob.Revision.Value}"), hash);
        return BinaryPrimitives.ReadUInt128LittleEndian(hash);
    }

    /// <param name="Since">The timestamp at which the blob was first added.</param>
    /// <param name="LastSeen">The number of the collection that last added it.</param>
    private readonly record struct Entry(long Since, int LastSeen);
}
