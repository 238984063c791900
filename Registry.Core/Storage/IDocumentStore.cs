namespace Registry.Core.Storage;

/// <summary>
/// Stores small, mutable documents, replaced whole by compare-and-set. Every backend implements this contract in full.
/// </summary>
/// <remarks>
/// # Behavior
/// <list type="bullet">
/// <item>A document changes whole or not at all. Acknowledged writes survive a crash of any process or machine.</item>
/// <item>Preconditions are evaluated and applied atomically with respect to every writer in every process.</item>
/// <item>Absence and lost races return null or false. Invalid arguments throw <see cref="ArgumentException"/>. Every
/// other failure throws <see cref="StorageException"/>: no exception of an SDK or of the operating system crosses this
/// port.</item>
/// <item>After a failed write its outcome is unknown, unless it failed with <see cref="StorageFault.EpochEnded"/> or
/// <see cref="StorageException.ChangedNothing"/>: read before retrying. The old revision shows that the write did not
/// happen. Absence does not: the write may have created the document, and another one may have deleted it.</item>
/// <item>A cancelled write happens whole or not at all.</item>
/// <item>All members may be called concurrently from many threads, processes and machines.</item>
/// </list>
/// </remarks>
public interface IDocumentStore
{
    /// <summary>
    /// True where <see cref="ChangesAsync"/> costs about as much as <see cref="StatAsync"/>, and both cost a round
    /// trip: concurrent readers of cached documents then share one call of the former. Such a storage reports a change
    /// no later than a read can show it, whether or not the change was acknowledged.
    /// </summary>
    bool SharesChecks { get; }

    /// <summary>Reads a document. Returns null when it does not exist.</summary>
    /// <exception cref="StorageException">The storage failed, or the document is damaged.</exception>
    ValueTask<Document?> GetAsync(StoreKey key, CancellationToken cancellationToken);

    /// <summary>
    /// Returns the revision of a document; null when it does not exist. As fresh as <see cref="GetAsync"/>, but without
    /// the content: the cheapest way to find out whether a cached document is current.
    /// </summary>
    /// <exception cref="StorageException">The storage failed, or the document is damaged.</exception>
    ValueTask<Revision?> StatAsync(StoreKey key, CancellationToken cancellationToken);

    /// <summary>Writes a document.</summary>
    /// <returns>
    /// The new revision, once the document is durable; null when <paramref name="precondition"/> did not hold.
    /// </returns>
    /// <exception cref="ArgumentException">
    /// <paramref name="content"/> is larger than <see cref="Document.MaxBytes"/>.
    /// </exception>
    /// <exception cref="StorageException">The write failed; its outcome is unknown.</exception>
    ValueTask<Revision?> TryPutAsync(
        StoreKey key, ReadOnlyMemory<byte> content, Precondition precondition, CancellationToken cancellationToken);

    /// <summary>Deletes a document.</summary>
    /// <returns>False when the document did not exist or <paramref name="precondition"/> did not hold.</returns>
    /// <exception cref="ArgumentException">
    /// <paramref name="precondition"/> is <see cref="Precondition.Absent"/>.
    /// </exception>
    /// <exception cref="StorageException">The write failed; its outcome is unknown.</exception>
    ValueTask<bool> TryDeleteAsync(StoreKey key, Precondition precondition, CancellationToken cancellationToken);

    /// <summary>
    /// Ensures that what reads of the key return is durable, so that a client can be rejected because of it. After a
    /// write that failed with <see cref="StorageException.IsUnflushed"/>, reads may return a change that a power
    /// failure would undo. The revision does not change. Does nothing on a storage that only shows durable writes.
    /// </summary>
    /// <param name="key">The key of the document, which need not exist.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="StorageException">Durability could not be established.</exception>
    ValueTask EnsureDurableAsync(StoreKey key, CancellationToken cancellationToken) => ValueTask.CompletedTask;

    /// <summary>
    /// Lists the documents below <paramref name="scope"/> (whole segments, without the scope's own document) in ordinal
    /// order of the key. A document that exists throughout the listing is returned exactly once. A document that is
    /// created or deleted in the meantime may or may not be returned.
    /// </summary>
    /// <param name="scope">The scope to list.</param>
    /// <param name="after">
    /// The key to start after, which need not exist; null for the beginning. The last key of a page is the start of the
    /// next.
    /// </param>
    /// <param name="cancellationToken">Cancels the enumeration.</param>
    /// <exception cref="StorageException">The storage failed. The enumeration may throw at any point.</exception>
    IAsyncEnumerable<DocumentEntry> ListAsync(StoreKey scope, StoreKey? after, CancellationToken cancellationToken);

    /// <summary>
    /// Lists as <see cref="ListAsync"/> does, with the content of the documents. Much cheaper than one call per
    /// document on a remote engine.
    /// </summary>
    /// <param name="scope">The scope to list.</param>
    /// <param name="after">The key to start after, which need not exist; null for the beginning.</param>
    /// <param name="cancellationToken">Cancels the enumeration.</param>
    /// <exception cref="StorageException">
    /// The storage failed, or a document is damaged. The enumeration may throw at any point.
    /// </exception>
    IAsyncEnumerable<StoredDocument> ReadAsync(StoreKey scope, StoreKey? after, CancellationToken cancellationToken) =>
        DocumentReading.OneByOneAsync(this, scope, after, DocumentReading.DefaultAhead, cancellationToken);

    /// <summary>
    /// Returns which documents below <paramref name="scope"/> may have changed since a token, so that a cache can be
    /// refreshed at the cost of the changes alone. To fill a cache, take a token first and then list.
    /// </summary>
    /// <remarks>
    /// The keys include every write and delete that was acknowledged before this call began and not before the call
    /// that returned <paramref name="since"/> began. A write that was never acknowledged because its writer died is
    /// reported no later than by the first call after it became visible. A key may be reported more often than it
    /// changes, and before its change can be read; then it is reported again. No change is ever missed.
    /// </remarks>
    /// <param name="scope">The scope to list.</param>
    /// <param name="since">
    /// The token of an earlier call to this or another instance over the same storage. When it is null, too old or
    /// unknown, the result asks for a listing.
    /// </param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="StorageException">The storage failed.</exception>
    ValueTask<DocumentChanges> ChangesAsync(StoreKey scope, ChangeToken? since, CancellationToken cancellationToken);
}
