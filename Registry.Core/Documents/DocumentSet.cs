using Registry.Core.Errors;
using Registry.Core.Storage;

namespace Registry.Core.Documents;

/// <summary>
/// All documents of one type: how they are read, and the one loop by which they change. Changes of one document that
/// wait inside this process are applied together in one write (group commit).
/// </summary>
/// <typeparam name="TKey">What names a document.</typeparam>
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
    /// The changes that wait for a document that is being written. A document without an entry has no writer in this
    /// process.
    /// </summary>
    private readonly Dictionary<TKey, List<PendingChange<TState>>> waiting = [];

    /// <param name="documents">Where the documents are stored.</param>
    /// <param name="codec">Their type.</param>
    /// <param name="time">The clock of pauses and bounds.</param>
    /// <param name="options">How long changes are attempted.</param>
    /// <param name="cacheBytes">
    /// How much memory may be used to keep states, in bytes as estimated; 0 keeps none.
    /// </param>
    public DocumentSet(
        IDocumentStore documents,
        DocumentCodec<TKey, TState> codec,
        TimeProvider time,
        UpdateOptions options,
        long cacheBytes)
    {
        (this.documents, this.codec, this.time, this.options) = (documents, codec, time, options);
        reader = new DocumentReader<TKey, TState>(documents, codec, time, cacheBytes);
    }

    /// <summary>
    /// Reads a document; null when there is none. The answer is as current as this call, even where the state was
    /// parsed before.
    /// </summary>
    /// <exception cref="StorageException">The storage did not answer, or the document is damaged.</exception>
    public ValueTask<DocumentSnapshot<TState>?> FindAsync(TKey key, CancellationToken cancellationToken) =>
        FindAsync(key, knownRevision: null, cancellationToken);

    /// <summary>Reads a document whose last change the storage has just reported; null when there is none.</summary>
    /// <param name="key">The document.</param>
    /// <param name="knownRevision">
    /// The revision of the change, which may have been a delete; null where it was not reported.
    /// </param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="StorageException">The storage did not answer, or the document is damaged.</exception>
    internal ValueTask<DocumentSnapshot<TState>?> FindAsync(
        TKey key, Revision? knownRevision, CancellationToken cancellationToken) =>
        reader.FindAsync(key, knownRevision, cancellationToken);

    /// <summary>Parses a document that was read elsewhere, and keeps nothing.</summary>
    /// <exception cref="StorageException">
    /// <see cref="StorageFault.Corrupt"/>: the document is damaged or too large.
    /// </exception>
    internal DocumentSnapshot<TState> Parse(TKey key, Document document) => reader.Parse(key, document);

    /// <summary>
    /// Makes sure that what a read of the document answers is durable, before a client is refused because of it.
    /// </summary>
    /// <exception cref="StorageException">It is not known to be durable.</exception>
    public ValueTask EnsureDurableAsync(TKey key, CancellationToken cancellationToken) =>
        documents.EnsureDurableAsync(codec.KeyOf(key), cancellationToken);

    /// <summary>
    /// Changes a document: read, apply, put if it has not changed meanwhile, and again on a lost race.
    /// </summary>
    /// <param name="key">The document.</param>
    /// <param name="change">The change.</param>
    /// <param name="cancellationToken">Stops waiting. A change under way then happens whole or not at all.</param>
    /// <returns>The state right after this change, once it is durable; null when the document was deleted.</returns>
    /// <exception cref="RegistryException">
    /// The change refused; <see cref="ErrorCode.ResourceInUse"/> when the race was lost for
    /// <see cref="UpdateOptions.Bound"/>; <see cref="ErrorCode.Unavailable"/> when the outcome stays unknown.
    /// </exception>
    /// <exception cref="StorageException">The storage failed and nothing was changed.</exception>
    /// <remarks>
    /// <see cref="IsKnownUnchanged"/> tells a change that was certainly not stored from one that may have been.
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

        // The writer serves all who wait, so it neither runs on the stack of one caller nor ends with its token.
        if (isFirst)
            _ = Task.Run(() => WriteWaitingAsync(key), CancellationToken.None);
        return pending.Outcome.WaitAsync(cancellationToken);
    }

    /// <summary>
    /// True when a change that failed with this exception was certainly not stored. False when it may have been: its
    /// outcome is unknown, or its caller stopped waiting for it.
    /// </summary>
    /// <param name="failure">What <see cref="UpdateAsync"/> threw.</param>
    internal static bool IsKnownUnchanged(Exception failure) =>
        failure is StorageException { IsUnflushed: false } or RegistryException { Code: not ErrorCode.Unavailable };

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

            batch.RemoveAll(static pending => pending.TryAbandon());
            await new DocumentUpdate<TKey, TState>(documents, codec, reader, time, options, key).RunAsync(batch);
        }
    }
}
