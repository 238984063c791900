using System.Collections.Concurrent;

namespace Registry.Core.Documents;

/// <summary>Values by key, within a bound of memory.</summary>
/// <remarks>
/// What came first goes first, unless it was used since it came or was last passed over (second chance): a read then
/// takes no lock, and a scan over everything does not drive out what is read all the time.
/// </remarks>
/// <param name="maxBytes">The bound, in bytes as estimated.</param>
internal sealed class SecondChanceCache<TKey, TValue>(long maxBytes)
    where TKey : notnull
    where TValue : class
{
    private readonly ConcurrentDictionary<TKey, LinkedListNode<Entry>> entries = [];
    private readonly LinkedList<Entry> inOrder = [];
    private readonly Lock gate = new();
    private long heldBytes;

    /// <summary>What is held now, in bytes as estimated.</summary>
    public long HeldBytes => Interlocked.Read(ref heldBytes);

    /// <summary>The value as it was kept last; null when none is kept.</summary>
    public TValue? Find(TKey key)
    {
        if (!entries.TryGetValue(key, out var node))
            return null;
        // Written only when it changes: readers on all processors share the line it lies in.
        if (!node.Value.Used)
            node.Value.Used = true;
        return node.Value.Value;
    }

    /// <summary>Keeps a value in the place of what was kept under its key; above the bound neither.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value.</param>
    /// <param name="bytes">What it takes, as estimated.</param>
    public void Keep(TKey key, TValue value, long bytes)
    {
        lock (gate)
        {
            if (bytes > maxBytes)
            {
                Remove(key);
                return;
            }

            if (entries.TryGetValue(key, out var node))
            {
                heldBytes -= node.Value.Bytes;
                (node.Value.Value, node.Value.Bytes) = (value, bytes);
            }
            else
            {
                entries[key] = inOrder.AddLast(new Entry { Key = key, Value = value, Bytes = bytes });
            }

            heldBytes += bytes;
            while (heldBytes > maxBytes)
                Evict();
        }
    }

    /// <summary>Keeps nothing under a key any more.</summary>
    public void Forget(TKey key)
    {
        lock (gate)
            Remove(key);
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
            Remove(node.Value.Key);
        }
    }

    private void Remove(TKey key)
    {
        if (!entries.TryRemove(key, out var node))
            return;
        inOrder.Remove(node);
        heldBytes -= node.Value.Bytes;
    }

    private sealed class Entry
    {
        private volatile TValue value = null!;
        private volatile bool used;

        public required TKey Key { get; init; }

        public required TValue Value
        {
            get => value;
            set => this.value = value;
        }

        public required long Bytes { get; set; }

        public bool Used
        {
            get => used;
            set => used = value;
        }
    }
}
