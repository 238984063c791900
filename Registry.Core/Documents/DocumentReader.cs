using System.Collections.Concurrent;
using Registry.Core.Storage;

namespace Registry.Core.Documents;

/// <summary>
/// Reads documents, and caches what was read or written together with its revision. A cached state is not transferred
/// and parsed again: each read only asks the storage whether its revision is current, so no result is older than the
/// read.
/// </summary>
/// <param name="documents">Where the documents are stored.</param>
/// <param name="codec">Their type.</param>
/// <param name="counts">Counts the documents that cannot be read.</param>
/// <param name="time">The clock.</param>
/// <param name="maxBytes">The memory for cached states, in estimated bytes; 0 caches nothing.</param>
internal sealed class DocumentReader<TKey, TState>(
    IDocumentStore documents,
    DocumentCodec<TKey, TState> codec,
    DocumentCounts counts,
    TimeProvider time,
    long maxBytes)
    where TKey : notnull
    where TState : class
{
    /// <summary>Stored documents up to this size, in bytes, take little memory when they are parsed.</summary>
    private const int SmallBytes = 16 * 1024;

    /// <summary>
    /// Admits as many parsers of large documents as processors can run: more would only hold more memory.
    /// </summary>
    private static readonly SemaphoreSlim Parsers = new(Environment.ProcessorCount);

    private readonly SecondChanceCache<TKey, Cached> cache = new(maxBytes);

    /// <summary>Null when each reader asks the storage itself.</summary>
    private readonly SharedChecks? checks =
        documents.SharesChecks ? new SharedChecks(documents, codec.Scope, time) : null;

    /// <summary>The documents that are being parsed. Concurrent readers of one revision share the result.</summary>
    private readonly ConcurrentDictionary<(TKey, Revision), Task<DocumentSnapshot<TState>>> parsing = [];

    /// <summary>How the cache has been used. A request whose cached state is outdated is a miss.</summary>
    public CacheUsage Usage => cache.Usage;

    /// <summary>The stamp of a read or write that begins now: see <see cref="SharedChecks"/>.</summary>
    public long Stamp => checks?.Stamp ?? 0;

    /// <summary>Reads a document; null when there is none. Absence is never cached.</summary>
    /// <param name="key">The document.</param>
    /// <param name="knownRevision">
    /// The revision of its last change, which may have been a delete, as the storage has just reported it; null to ask
    /// for it.
    /// </param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="StorageException">The storage did not answer, or the document is damaged.</exception>
    public async ValueTask<DocumentSnapshot<TState>?> FindAsync(
        TKey key, Revision? knownRevision, CancellationToken cancellationToken)
    {
        var storeKey = codec.KeyOf(key);
        var cached = cache.Peek(key);
        if (cached is not null && knownRevision is null && checks is not null)
        {
            await checks.WaitForCheckAsync().WaitAsync(cancellationToken);

            // Another reader may have read a newer revision in the meantime.
            cached = cache.Peek(key) ?? cached;
            if (checks.IsCurrent(storeKey, cached.Snapshot.Revision, cached.Stamp))
                return Hit(cached);
        }

        var stamp = Stamp;
        if (cached is not null)
        {
            var current = knownRevision ?? await documents.StatAsync(storeKey, cancellationToken);
            if (current == cached.Snapshot.Revision)
            {
                if (knownRevision is null)
                    cached.Stamp = stamp;
                return Hit(cached);
            }

            if (current is null)
            {
                cache.Remove(key);
                return null;
            }
        }

        cache.Count(isHit: false);
        if (await documents.GetAsync(storeKey, cancellationToken) is { } document)
            return await ParseOnceAsync(key, document, stamp);
        cache.Remove(key);
        return null;
    }

    /// <summary>Parses a document without caching it.</summary>
    /// <exception cref="StorageException"><see cref="StorageFault.Corrupt"/>.</exception>
    public DocumentSnapshot<TState> Parse(TKey key, Document document)
    {
        try
        {
            return DocumentSnapshot<TState>.Of(
                codec.Decode(key, document.Content), document.Content.Span, document.Revision);
        }
        catch (StorageException)
        {
            counts.AddUnreadable();
            throw;
        }
    }

    /// <summary>Caches a state that was just stored, so that the next reader need not read it.</summary>
    /// <param name="key">The document.</param>
    /// <param name="state">The state.</param>
    /// <param name="content">Its stored form.</param>
    /// <param name="revision">Its revision.</param>
    /// <param name="stamp"><see cref="Stamp"/> as it was before the write began.</param>
    public void Cache(TKey key, TState state, ReadOnlySpan<byte> content, Revision revision, long stamp)
    {
        if (codec.IsCachedAfterWrite(state))
            Cache(key, DocumentSnapshot<TState>.Of(state, content, revision), stamp);
        else
            cache.Remove(key);
    }

    /// <summary>
    /// Returns the cached state, which may be outdated, without asking the storage; null if none is cached.
    /// </summary>
    public DocumentSnapshot<TState>? FindCached(TKey key) => cache.Peek(key)?.Snapshot;

    /// <summary>Removes a document from the cache that was deleted, or whose cached state is outdated.</summary>
    public void Remove(TKey key) => cache.Remove(key);

    private DocumentSnapshot<TState> Hit(Cached cached)
    {
        cache.Count(isHit: true);
        return cached.Snapshot;
    }

    private void Cache(TKey key, DocumentSnapshot<TState> snapshot, long stamp) =>
        cache.Set(key, new Cached(snapshot, stamp), codec.SizeOf(snapshot.State));

    private async Task<DocumentSnapshot<TState>> ParseOnceAsync(TKey key, Document document, long stamp)
    {
        var own =
            new TaskCompletionSource<DocumentSnapshot<TState>>(TaskCreationOptions.RunContinuationsAsynchronously);
        var shared = parsing.GetOrAdd((key, document.Revision), own.Task);
        if (shared != own.Task)
            return await shared;
        var isLarge = document.Content.Length > SmallBytes;
        if (isLarge)
            await Parsers.WaitAsync(CancellationToken.None);
        try
        {
            // Looked up only now: a reader that parsed the revision a moment ago cached it before it left.
            if (cache.Peek(key) is { } cached && cached.Snapshot.Revision == document.Revision)
            {
                cached.Stamp = stamp;
                own.SetResult(cached.Snapshot);
            }
            else
            {
                var snapshot = Parse(key, document);
                Cache(key, snapshot, stamp);
                own.SetResult(snapshot);
            }
        }
        catch (Exception exception)
        {
            own.SetException(exception);
        }
        finally
        {
            parsing.TryRemove((key, document.Revision), out _);
            if (isLarge)
                Parsers.Release();
        }

        return await own.Task;
    }

    /// <summary>A state in the cache.</summary>
    private sealed class Cached(DocumentSnapshot<TState> snapshot, long stamp)
    {
        private long stamp = stamp;

        public DocumentSnapshot<TState> Snapshot => snapshot;

        /// <summary>The stamp of the last read, write or check that found this state.</summary>
        public long Stamp
        {
            get => Volatile.Read(ref stamp);
            set => Volatile.Write(ref stamp, value);
        }
    }
}
