using System.Collections.Concurrent;
using Registry.Core.Storage;

namespace Registry.Core.Documents;

/// <summary>
/// Reads documents, and keeps what was read or written by revision. A kept state is not transferred and parsed again:
/// each read asks the storage for the revision alone, so that no answer is older than its question.
/// </summary>
/// <param name="documents">Where they are stored.</param>
/// <param name="codec">Their type.</param>
/// <param name="maxBytes">How much memory may be used to keep states, in bytes as estimated; 0 keeps none.</param>
internal sealed class DocumentReader<TKey, TState>(
    IDocumentStore documents, DocumentCodec<TKey, TState> codec, long maxBytes)
    where TKey : notnull
    where TState : class
{
    private readonly SecondChanceCache<TKey, DocumentSnapshot<TState>> cache = new(maxBytes);

    /// <summary>What is being parsed. Readers of the same revision wait for it.</summary>
    private readonly ConcurrentDictionary<(TKey, Revision), Task<DocumentSnapshot<TState>>> parsing = [];

    /// <summary>Reads a document; null when there is none. Absence is never answered from memory.</summary>
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
        if (cache.Find(key) is { } kept)
        {
            var current = knownRevision ?? await documents.StatAsync(storeKey, cancellationToken);
            if (current == kept.Revision)
                return kept;
            if (current is null)
            {
                cache.Forget(key);
                return null;
            }
        }

        if (await documents.GetAsync(storeKey, cancellationToken) is { } document)
            return await ParseOnceAsync(key, document);
        cache.Forget(key);
        return null;
    }

    /// <summary>Parses a document, and keeps nothing.</summary>
    /// <exception cref="StorageException"><see cref="StorageFault.Corrupt"/>.</exception>
    public DocumentSnapshot<TState> Parse(TKey key, Document document) =>
        DocumentSnapshot<TState>.Of(codec.Decode(key, document.Content), document.Content.Span, document.Revision);

    /// <summary>Keeps what was just stored, so that the next reader need not read it.</summary>
    public void Keep(TKey key, TState state, ReadOnlySpan<byte> content, Revision revision)
    {
        if (codec.IsKeptAfterWrite(state))
            Keep(key, DocumentSnapshot<TState>.Of(state, content, revision));
        else
            cache.Forget(key);
    }

    /// <summary>
    /// Returns the cached state, which may be outdated; null when none is cached. Asks the storage nothing.
    /// </summary>
    public DocumentSnapshot<TState>? FindKept(TKey key) => cache.Find(key);

    /// <summary>Forgets a document that was just deleted.</summary>
    public void Forget(TKey key) => cache.Forget(key);

    private void Keep(
        TKey key, DocumentSnapshot<TState> snapshot) => cache.Keep(key, snapshot, codec.SizeOf(snapshot.State));

    private Task<DocumentSnapshot<TState>> ParseOnceAsync(TKey key, Document document)
    {
        var own =
            new TaskCompletionSource<DocumentSnapshot<TState>>(TaskCreationOptions.RunContinuationsAsynchronously);
        var shared = parsing.GetOrAdd((key, document.Revision), own.Task);
        if (shared != own.Task)
            return shared;
        try
        {
            // Looked up after this reader was entered: one that parsed the revision until a moment ago has kept it
            // before it left.
            var kept = cache.Find(key);
            var snapshot = kept?.Revision == document.Revision ? kept : Parse(key, document);
            if (snapshot != kept)
                Keep(key, snapshot);
            own.SetResult(snapshot);
        }
        catch (Exception damage)
        {
            own.SetException(damage);
        }
        finally
        {
            parsing.TryRemove((key, document.Revision), out _);
        }

        return own.Task;
    }
}
