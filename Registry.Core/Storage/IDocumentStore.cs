namespace Registry.Core.Storage;

/// <summary>
/// Small, mutable documents, replaced whole by compare-and-set. Every backend keeps this contract without exceptions.
/// </summary>
/// <remarks>
/// # Behaviour
/// <list type="bullet">
/// <item>A document changes whole or not at all; what was acknowledged survives the crash of any process and
/// machine.</item>
/// <item>Preconditions are judged and applied atomically against every writer in every process.</item>
/// <item>Absence and lost races are null or false. A caller's mistake is an <see cref="ArgumentException"/>. Everything
/// else is one <see cref="StorageException"/>: no exception of an SDK or of the operating system crosses this
/// port.</item>
/// <item>After a failed write its outcome is unknown: read before trying again. <see cref="StorageFault.EpochEnded"/>
/// alone says that it did not happen.</item>
/// <item>A cancelled write has happened whole or not at all.</item>
/// <item>All members may be called at once from many threads, processes and machines.</item>
/// </list>
/// </remarks>
public interface IDocumentStore
{
    /// <summary>
    /// True where <see cref="ChangesAsync"/> costs about as much as <see cref="StatAsync"/>, and both cost a round trip:
    /// concurrent readers of cached documents then share one call of the former. Such a storage reports a change no
    /// later than a read can show it, whether or not the change was acknowledged.
    /// </summary>
    bool SharesChecks { get; }

    /// <summary>Reads a document: null when there is none.</summary>
    /// <exception cref="StorageException">The storage did not answer, or what it holds is damaged.</exception>
    ValueTask<Document?> GetAsync(StoreKey key, CancellationToken cancellationToken);

    /// <summary>
    /// The revision of a document: null when there is none. As fresh as <see cref="GetAsync"/>, and without the
    /// content: the cheapest question that the storage answers, by which whoever kept a document knows whether it is
    /// still the newest.
    /// </summary>
    /// <exception cref="StorageException">The storage did not answer, or what it holds is damaged.</exception>
    ValueTask<Revision?> StatAsync(StoreKey key, CancellationToken cancellationToken);

    /// <summary>Writes a document whole.</summary>
    /// <returns>
    /// The new revision, once the document is durable; null when <paramref name="precondition"/> did not hold.
    /// </returns>
    /// <exception cref="ArgumentException">
    /// <paramref name="content"/> is larger than <see cref="Document.MaxBytes"/>.
    /// </exception>
    /// <exception cref="StorageException">The outcome is unknown.</exception>
    ValueTask<Revision?> TryPutAsync(
        StoreKey key, ReadOnlyMemory<byte> content, Precondition precondition, CancellationToken cancellationToken);

    /// <summary>Deletes a document.</summary>
    /// <returns>False when there was none or <paramref name="precondition"/> did not hold.</returns>
    /// <exception cref="ArgumentException">
    /// <paramref name="precondition"/> is <see cref="Precondition.Absent"/>.
    /// </exception>
    /// <exception cref="StorageException">The outcome is unknown.</exception>
    ValueTask<bool> TryDeleteAsync(StoreKey key, Precondition precondition, CancellationToken cancellationToken);

    /// <summary>
    /// Makes sure that what a read of the key answers is durable, before a client is refused because of it. After a
    /// write that failed with <see cref="StorageException.IsUnflushed"/> reads may tell of a change that a power
    /// failure would undo. The revision stays. Does nothing on a storage that shows only what is durable.
    /// </summary>
    /// <param name="key">The document, which need not exist.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="StorageException">It is still not known to be durable.</exception>
    ValueTask EnsureDurableAsync(StoreKey key, CancellationToken cancellationToken) => ValueTask.CompletedTask;

    /// <summary>
    /// Lists the documents below <paramref name="scope"/> (whole segments; the scope's own document is not one of them)
    /// in ordinal order of the key. What exists throughout the listing is seen exactly once; what comes or goes
    /// meanwhile may be seen or not.
    /// </summary>
    /// <param name="scope">Where to look.</param>
    /// <param name="after">
    /// Start after this key, which need not exist; null starts at the beginning. The last key of a page is the token of
    /// the next.
    /// </param>
    /// <param name="cancellationToken">Ends the listing.</param>
    /// <exception cref="StorageException">
    /// The storage did not answer: thrown by the enumeration, however far it had come.
    /// </exception>
    IAsyncEnumerable<DocumentEntry> ListAsync(StoreKey scope, StoreKey? after, CancellationToken cancellationToken);

    /// <summary>
    /// Lists as <see cref="ListAsync"/> does, with the documents themselves: for who needs all of them, at a fraction
    /// of what one call for each costs where the engine is elsewhere.
    /// </summary>
    /// <param name="scope">Where to look.</param>
    /// <param name="after">Start after this key, which need not exist; null starts at the beginning.</param>
    /// <param name="cancellationToken">Ends the listing.</param>
    /// <exception cref="StorageException">
    /// The storage did not answer, or a document is damaged: thrown by the enumeration, however far it had come.
    /// </exception>
    IAsyncEnumerable<StoredDocument> ReadAsync(StoreKey scope, StoreKey? after, CancellationToken cancellationToken) =>
        DocumentReading.OneByOneAsync(this, scope, after, DocumentReading.DefaultAhead, cancellationToken);

    /// <summary>
    /// Tells which documents below <paramref name="scope"/> may have changed since a moment, so that a copy of many is
    /// kept current at the price of what changed. Whoever keeps one takes a token first and lists after it.
    /// </summary>
    /// <remarks>
    /// Among the keys is every write, deletes included, that was acknowledged before this call began and not before the
    /// call that gave <paramref name="since"/> began; and no later than by the call after it became visible, a write
    /// that nobody acknowledged because its writer ended. A key may be told of more often than it changes, and before
    /// its change can be read: then it is told of again. No change is ever missed.
    /// </remarks>
    /// <param name="scope">Where to look.</param>
    /// <param name="since">
    /// What an earlier call gave, of this or another instance over the same storage. Null, or one that is too old or
    /// not known here: the answer asks for a listing.
    /// </param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="StorageException">The storage did not answer.</exception>
    ValueTask<DocumentChanges> ChangesAsync(StoreKey scope, ChangeToken? since, CancellationToken cancellationToken);
}
