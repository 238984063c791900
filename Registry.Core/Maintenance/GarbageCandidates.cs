using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Registry.Core.Storage;

namespace Registry.Core.Maintenance;

/// <summary>
/// The blobs that one collection after another found unreferenced at the same revision, each with the moment at which
/// the first of them did. Not for use by several callers at once.
/// </summary>
/// <remarks>
/// A blob and its revision are remembered by half of the sha256 of both, so that an entry takes some 50 bytes however
/// long the key is. Beyond <paramref name="capacity"/> nothing more is remembered: what finds no room waits until other
/// blobs have been collected.
/// </remarks>
/// <param name="capacity">How many blobs are remembered at most.</param>
internal sealed class GarbageCandidates(int capacity)
{
    private readonly Dictionary<UInt128, Entry> known = [];
    private int collection;

    /// <summary>How many blobs are remembered.</summary>
    public int Count => known.Count;

    /// <summary>True when there is no room for another blob.</summary>
    public bool IsFull => known.Count >= capacity;

    /// <summary>Begins a collection.</summary>
    public void Begin() => collection++;

    /// <summary>Notes that a blob is unreferenced at a revision.</summary>
    /// <param name="blob">The blob as it was listed.</param>
    /// <param name="now">A moment after it was listed, as <see cref="TimeProvider.GetTimestamp"/> gives it.</param>
    /// <returns>
    /// The moment at which it was first noted at this revision: <paramref name="now"/> where that is the first time.
    /// </returns>
    public long Note(BlobInfo blob, long now)
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

    /// <summary>Makes room: the blob was deleted.</summary>
    /// <param name="blob">The blob as it was listed.</param>
    public void Forget(BlobInfo blob) => known.Remove(KeyOf(blob));

    /// <summary>
    /// Ends a collection that has seen every blob: what it did not note is gone, referenced or at another revision, and
    /// is forgotten.
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

    /// <param name="Since">When the blob was noted first.</param>
    /// <param name="LastSeen">The number of the collection that noted it last.</param>
    private readonly record struct Entry(long Since, int LastSeen);
}
