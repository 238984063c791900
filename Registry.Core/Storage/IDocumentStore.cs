namespace Registry.Core.Storage;

/// <summary>
/// Small, mutable documents, replaced whole by compare-and-set. Every backend keeps this contract without exceptions.
/// </summary>
/// <remarks>
/// # Behaviour
/// <list type="bullet">
/// <item>A document changes whole or not at all; what was acknowledged survives the crash of any process and machine.</item>
/// <item>Preconditions are judged and applied atomically against every writer in every process.</item>
/// <item>Absence and lost races are null or false. A caller's mistake is an <see cref="ArgumentException"/>. Everything else is one
/// <see cref="StorageException"/>: no exception of an SDK or of the operating system crosses this port.</item>
/// <item>After a failed write its outcome is unknown: read before trying again.</item>
/// <item>A cancelled write has happened whole or not at all.</item>
/// <item>All members may be called at once from many threads, processes and machines.</item>
/// </list>
/// </remarks>
public interface IDocumentStore
{
    /// <summary>Reads a document: null when there is none.</summary>
    /// <exception cref="StorageException">The storage did not answer, or what it holds is damaged.</exception>
    ValueTask<Document?> GetAsync(StoreKey key, CancellationToken ct);

    /// <summary>
    /// The revision of a document: null when there is none. As fresh as <see cref="GetAsync"/>, and without the content: the cheapest question
    /// that the storage answers, by which whoever kept a document knows whether it is still the newest.
    /// </summary>
    /// <exception cref="StorageException">The storage did not answer, or what it holds is damaged.</exception>
    ValueTask<Revision?> StatAsync(StoreKey key, CancellationToken ct);

    /// <summary>Writes a document whole.</summary>
    /// <returns>The new revision, once the document is durable; null when <paramref name="precondition"/> did not hold.</returns>
    /// <exception cref="ArgumentException"><paramref name="content"/> is larger than <see cref="Document.MaxBytes"/>.</exception>
    /// <exception cref="StorageException">The outcome is unknown.</exception>
    ValueTask<Revision?> TryPutAsync(StoreKey key, ReadOnlyMemory<byte> content, Precondition precondition, CancellationToken ct);

    /// <summary>Deletes a document.</summary>
    /// <returns>False when there was none or <paramref name="precondition"/> did not hold.</returns>
    /// <exception cref="ArgumentException"><paramref name="precondition"/> is <see cref="Precondition.Absent"/>.</exception>
    /// <exception cref="StorageException">The outcome is unknown.</exception>
    ValueTask<bool> TryDeleteAsync(StoreKey key, Precondition precondition, CancellationToken ct);

    /// <summary>
    /// Lists the documents below <paramref name="scope"/> (whole segments; the scope's own document is not one of them) in ordinal
    /// order of the key. What exists throughout the listing is seen exactly once; what comes or goes meanwhile may be seen or not.
    /// </summary>
    /// <param name="scope">Where to look.</param>
    /// <param name="after">Start after this key, which need not exist; null starts at the beginning. The last key of a page is the token of the next.</param>
    /// <param name="ct">Ends the listing.</param>
    /// <exception cref="StorageException">The storage did not answer: thrown by the enumeration, however far it had come.</exception>
    IAsyncEnumerable<DocumentEntry> ListAsync(StoreKey scope, StoreKey? after, CancellationToken ct);
}
