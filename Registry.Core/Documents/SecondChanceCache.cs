using System.Collections.Concurrent;

namespace Registry.Core.Documents;

/// <summary>A cache of values by key, limited by memory.</summary>
/// <remarks>
/// The oldest entry is evicted first, unless it was used since it was added or last passed over (second chance). So
/// reads take no lock, and a scan over everything does not evict frequently used entries.
/// </remarks>
/// <param name="maxBytes">The limit, in estimated bytes; 0 caches nothing.</param>
internal sealed class SecondChanceCache<TKey, TValue>(long maxBytes)
    where TKey : notnull
    where TValue : class
{
    private readonly ConcurrentDictionary<TKey, LinkedListNode<Entry>> entries = [];
    private readonly LinkedList<Entry> inOrder = [];
    private readonly Lock gate = new();
    private long heldBytes;
    private long hits;
    private long misses;

    /// <summary>The size of all entries, in estimated bytes.</summary>
    public long HeldBytes => Interlocked.Read(ref heldBytes);

    /// <summary>How the cache has been used.</summary>
    public CacheUsage Usage =>
        new(Interlocked.Read(ref hits), Interlocked.Read(ref misses), HeldBytes, maxBytes);

    /// <summary>Returns the cached value, and counts the request; null if there is none.</summary>
    public TValue? Find(TKey key)
    {
        var value = Peek(key);
        Count(isHit: value is not null);
        return value;
    }

    /// <summary>Counts a request that used <see cref="Peek"/>.</summary>
    /// <param name="isHit">Whether the value was there, and current.</param>
    public void Count(bool isHit)
    {
        if (isHit)
            Interlocked.Increment(ref hits);
        else
            Interlocked.Increment(ref misses);
    }

    /// <summary>Returns the cached value without counting the request; null if there is none.</summary>
    public TValue? Peek(TKey key)
    {
        if (!entries.TryGetValue(key, out var node))
            return null;
        // Written only if it changes: readers on all processors share its cache line.
        if (!node.Value.Used)
            node.Value.Used = true;
        return node.Value.Value;
    }

    /// <summary>Adds or replaces a value. A value above the limit is not cached, and the old one is removed.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value.</param>
    /// <param name="bytes">The size of the value, in estimated bytes.</param>
    public void Set(TKey key, TValue value, long bytes)
    {
        lock (gate)
        {
            if (bytes > maxBytes)
            {
                RemoveEntry(key);
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

    /// <summary>Removes the value of a key, if there is one.</summary>
    public void Remove(TKey key)
    {
        lock (gate)
            RemoveEntry(key);
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
            RemoveEntry(node.Value.Key);
        }
    }

    private void RemoveEntry(TKey key)
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
