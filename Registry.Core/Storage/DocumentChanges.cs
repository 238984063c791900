namespace Registry.Core.Storage;

/// <summary>
/// A moment in the history of a storage's documents. Opaque: each backend has its own kind, and knows none of
/// another's. It lives in the memory of one process and is never stored.
/// </summary>
public abstract class ChangeToken;

/// <summary>What may have changed since a moment.</summary>
/// <param name="Token">The moment of this answer, to ask with the next time.</param>
/// <param name="Keys">
/// The documents that may have changed, in no order; one may be among them that did not change. Empty when nothing did.
/// Null when that cannot be told: list everything again.
/// </param>
/// <param name="Revisions">
/// Of those keys whose last change the storage can tell, the revision that it gave it: the document's, as of this
/// answer, or that of its delete. Whoever has a copy of this revision need not ask for it. Null for none.
/// </param>
public readonly record struct DocumentChanges(
    ChangeToken Token, IReadOnlyCollection<StoreKey>? Keys, IReadOnlyDictionary<StoreKey, Revision>? Revisions = null);
