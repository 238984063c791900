using System.Collections.Concurrent;

namespace Registry.Core.Packages;

/// <summary>
/// Packages as they were at one revision each, within a bound of memory. What is kept here is true for ever, as a revision has one content; whether
/// the revision is still the newest is for storage to say, at each use.
/// </summary>
/// <remarks>
/// What came first goes first, unless it was used since it came or was last passed over (second chance): a read then takes no lock, and a scan over all
/// packages does not drive out those that are read all the time.
/// </remarks>
/// <param name="maxBytes">The bound, in bytes as estimated.</param>
internal sealed class IndexCache(long maxBytes)
{
    /// <summary>
    /// Of one manifest: its object, descriptor, two digests of 64 characters, push id, release and media type, and its places in the index (by release, and by digest). Reckoned for
    /// 64 bits; metadata comes on top.
    /// </summary>
    private const int ManifestBytes = 700;

    /// <summary>Of one index without its manifests: the objects, the names, and this cache's own.</summary>
    private const int IndexBytes = 600;

    /// <summary>Of one release in one channel.</summary>
    private const int ChannelReleaseBytes = 16;

    private readonly ConcurrentDictionary<PackageName, LinkedListNode<Entry>> entries = [];
    private readonly LinkedList<Entry> inOrder = [];
    private readonly Lock gate = new();
    private long heldBytes;

    /// <summary>What is held now, in bytes as estimated.</summary>
    public long HeldBytes => Interlocked.Read(ref heldBytes);

    /// <summary>The package as it was kept last; null when it is not kept.</summary>
    public PackageSnapshot? Find(PackageName name)
    {
        if (!entries.TryGetValue(name, out var node))
            return null;
        // Written only when it changes: readers on all processors share the line it lies in.
        if (!node.Value.Used)
            node.Value.Used = true;
        return node.Value.Snapshot;
    }

    /// <summary>Keeps a package in the place of what was kept of it.</summary>
    public void Keep(PackageSnapshot snapshot)
    {
        var bytes = BytesOf(snapshot.Index);
        lock (gate)
        {
            if (bytes > maxBytes)
            {
                Remove(snapshot.Index.Name);
                return;
            }

            if (entries.TryGetValue(snapshot.Index.Name, out var node))
            {
                heldBytes -= node.Value.Bytes;
                (node.Value.Snapshot, node.Value.Bytes) = (snapshot, bytes);
            }
            else
            {
                entries[snapshot.Index.Name] = inOrder.AddLast(new Entry { Snapshot = snapshot, Bytes = bytes });
            }

            heldBytes += bytes;
            while (heldBytes > maxBytes)
                Evict();
        }
    }

    /// <summary>Keeps nothing of a package any more: it is gone.</summary>
    public void Forget(PackageName name)
    {
        lock (gate)
            Remove(name);
    }

    private static long BytesOf(PackageIndex index)
    {
        var bytes = (long)IndexBytes;
        foreach (var manifest in index.Manifests)
            bytes += ManifestBytes + ((manifest.Metadata?.Length ?? 0) * sizeof(char));
        foreach (var channel in index.Channels)
            bytes += IndexBytes + (channel.Releases.Length * ChannelReleaseBytes);
        return bytes;
    }

    private void Evict()
    {
        var node = inOrder.First!;
        if (node.Value.Used && inOrder.Count > 1)
        {
            node.Value.Used = false;
            inOrder.RemoveFirst();
            inOrder.AddLast(node);
        }
        else
        {
            Remove(node.Value.Snapshot.Index.Name);
        }
    }

    private void Remove(PackageName name)
    {
        if (!entries.TryRemove(name, out var node))
            return;
        inOrder.Remove(node);
        heldBytes -= node.Value.Bytes;
    }

    private sealed class Entry
    {
        private volatile PackageSnapshot snapshot = null!;
        private volatile bool used;

        public required PackageSnapshot Snapshot
        {
            get => snapshot;
            set => snapshot = value;
        }

        public required long Bytes { get; set; }

        public bool Used
        {
            get => used;
            set => used = value;
        }
    }
}
