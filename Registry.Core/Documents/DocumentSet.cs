using Registry.Core.Errors;
using Registry.Core.Storage;

namespace Registry.Core.Documents;

/// <summary>
/// Reads and updates all documents of one type. Changes of one document that wait in this process are applied together
/// in one write (group commit).
/// </summary>
/// <typeparam name="TKey">The name of a document.</typeparam>
/// <typeparam name="TState">The parsed form of a document.</typeparam>
public class DocumentSet<TKey, TState>
    where TKey : notnull
    where TState : class
{
    private readonly IDocumentStore documents;
    private readonly DocumentCodec<TKey, TState> codec;
    private readonly TimeProvider time;
    private readonly UpdateOptions options;
    private readonly DocumentReader<TKey, TState> reader;
    private readonly Lock gate = new();

    /// <summary>
    /// The changes that wait while their document is being written. A document without an entry has no writer in this
    /// process.
    /// </summary>
    private readonly Dictionary<TKey, List<PendingChange<TState>>> waiting = [];

    /// <param name="documents">The storage.</param>
    /// <param name="codec">The type of the documents.</param>
    /// <param name="time">The clock of pauses and bounds.</param>
    /// <param name="options">How long changes are attempted.</param>
    /// <param name="cacheBytes">
    /// The memory for cached states, in estimated bytes; 0 caches nothing.
    /// </param>
    public DocumentSet(
        IDocumentStore documents,
        DocumentCodec<TKey, TState> codec,
        TimeProvider time,
        UpdateOptions options,
        long cacheBytes)
    {
        (this.documents, this.codec, this.time, this.options) = (documents, codec, time, options);
        reader = new DocumentReader<TKey, TState>(documents, codec, Counts, time, cacheBytes);
    }

    /// <summary>How the cache of documents has been used.</summary>
    public CacheUsage CacheUsage => reader.Usage;

    /// <summary>Counts what did not succeed at once.</summary>
    public DocumentCounts Counts { get; } = new();

    /// <summary>
    /// Reads a document; null if there is none. The result is never older than this call, even if it is cached.
    /// </summary>
    /// <exception cref="StorageException">The storage failed, or the document is damaged.</exception>
    public ValueTask<DocumentSnapshot<TState>?> FindAsync(TKey key, CancellationToken cancellationToken) =>
        FindAsync(key, knownRevision: null, cancellationToken);

    /// <summary>Reads a document whose last change the storage has just reported; null if there is none.</summary>
    /// <param name="key">The document.</param>
    /// <param name="knownRevision">
    /// The revision of the change, which may have been a delete; null where it was not reported.
    /// </param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="StorageException">The storage failed, or the document is damaged.</exception>
    internal ValueTask<DocumentSnapshot<TState>?> FindAsync(
        TKey key, Revision? knownRevision, CancellationToken cancellationToken) =>
        reader.FindAsync(key, knownRevision, cancellationToken);

    /// <summary>Parses a document without caching it.</summary>
    /// <exception cref="StorageException">
    /// <see cref="StorageFault.Corrupt"/>: the document is damaged or too large.
    /// </exception>
    internal DocumentSnapshot<TState> Parse(TKey key, Document document) => reader.Parse(key, document);

    /// <summary>Returns the size of a state in memory, in estimated bytes.</summary>
    public long SizeOf(TState state) => codec.SizeOf(state);

    /// <summary>
    /// Makes the current state of the document durable, before a client is rejected because of it.
    /// </summary>
    /// <exception cref="StorageException">It is not known whether the state is durable.</exception>
    public ValueTask EnsureDurableAsync(TKey key, CancellationToken cancellationToken) =>
        documents.EnsureDurableAsync(codec.KeyOf(key), cancellationToken);

    /// <summary>
    /// Changes a document: reads it, applies the change, and writes it if it has not changed in the meantime; retries
    /// on a lost race.
    /// </summary>
    /// <param name="key">The document.</param>
    /// <param name="change">The change.</param>
    /// <param name="cancellationToken">
    /// Cancels the change as long as it has not begun. A change that has begun is completed, and its outcome is
    /// returned even if the caller is gone.
    /// </param>
    /// <returns>The state right after this change, once it is durable; null if the document was deleted.</returns>
    /// <exception cref="RegistryException">
    /// The change was rejected; <see cref="ErrorCode.ResourceInUse"/>: the race was lost for
    /// <see cref="UpdateOptions.Bound"/>; <see cref="ErrorCode.Unavailable"/>: the outcome is unknown.
    /// </exception>
    /// <exception cref="StorageException">
    /// The storage failed. Nothing was changed, unless <see cref="StorageException.IsUnflushed"/>.
    /// </exception>
    /// <exception cref="OperationCanceledException">The change was cancelled before it began.</exception>
    /// <remarks>
    /// <see cref="IsKnownUnchanged"/> distinguishes a change that was certainly not stored from one that may have been.
    /// </remarks>
    public Task<TState?> UpdateAsync(TKey key, DocumentChange<TState> change, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var pending = new PendingChange<TState>(change, cancellationToken);
        bool isFirst;
        lock (gate)
        {
            isFirst = !waiting.TryGetValue(key, out var queue);
            if (isFirst)
                waiting.Add(key, queue = []);
            queue!.Add(pending);
        }

        // The writer serves all waiting callers, so it neither runs on the stack of one nor stops with its token.
        if (isFirst)
            _ = Task.Run(() => WriteWaitingAsync(key), CancellationToken.None);
        return pending.Outcome;
    }

    /// <summary>
    /// True if a change that failed with this exception was certainly not stored. False if its outcome is unknown.
    /// </summary>
    /// <param name="failure">The exception of <see cref="UpdateAsync"/>.</param>
    internal static bool IsKnownUnchanged(Exception failure) =>
        failure is StorageException { IsUnflushed: false }
            or RegistryException { Code: not ErrorCode.Unavailable }
            or OperationCanceledException;

    private async Task WriteWaitingAsync(TKey key)
    {
        while (true)
        {
            List<PendingChange<TState>> batch;
            lock (gate)
            {
                batch = waiting[key];
                if (batch.Count == 0)
                {
                    waiting.Remove(key);
                    return;
                }

                waiting[key] = [];
            }

            batch.RemoveAll(static pending => !pending.TryBegin());
            await new DocumentUpdate<TKey, TState>(documents, codec, reader, Counts, time, options, key)
                .RunAsync(batch);
        }
    }
}
