namespace Registry.Core.Storage;

/// <summary>
/// A point in the history of a storage's documents. Opaque: each backend has its own type and ignores those of others.
/// Never stored.
/// </summary>
public abstract class ChangeToken;

/// <summary>The documents that may have changed since a token.</summary>
/// <param name="Token">The token for the next call.</param>
/// <param name="Keys">
/// The documents that may have changed, unordered. Some may not have changed. Empty when nothing changed. Null when the
/// storage cannot tell: list everything again.
/// </param>
/// <param name="Revisions">
/// The revisions of those keys whose last change the storage knows: the current revision of the document, or the
/// revision of its delete. A copy with this revision is current. Null for none.
/// </param>
public readonly record struct DocumentChanges(
    ChangeToken Token, IReadOnlyCollection<StoreKey>? Keys, IReadOnlyDictionary<StoreKey, Revision>? Revisions = null);
