using Registry.Core.Storage;

namespace Registry.Core.Documents;

/// <summary>One change of one document, as <see cref="DocumentSet{TKey, TState}.UpdateAsync"/> applies it.</summary>
/// <typeparam name="TState">The parsed form of the document.</typeparam>
/// <param name="Apply">
/// A pure function from the current state (null: no document) to the next one (null: the document is deleted). It
/// rejects by throwing a <see cref="Errors.RegistryException"/>. It runs again on every attempt.
/// </param>
/// <param name="IsApplied">
/// Whether a state shows that this very change was stored: checked after a write whose outcome is unknown. Null if a
/// state cannot show it, as for a delete: such a change then fails as unknown.
/// </param>
/// <param name="Epoch">
/// The epoch in which the blob of the change was committed; null if the change refers to no blob, or the storage has no
/// epochs. If the epoch has ended when the change is stored, the change fails with
/// <see cref="StorageFault.EpochEnded"/>.
/// </param>
public sealed record DocumentChange<TState>(
    Func<TState?, TState?> Apply, Func<TState, bool>? IsApplied = null, StorageEpoch? Epoch = null)
    where TState : class
{
    /// <summary>
    /// The document as the caller read it a moment before; null if it did not. The first attempt writes on that state
    /// without reading again; the precondition of the write detects a change since then.
    /// </summary>
    internal RecentRead<TState>? Recent { get; init; }
}

/// <summary>The result of a read.</summary>
/// <param name="Snapshot">The document; null when there was none.</param>
internal sealed record RecentRead<TState>(DocumentSnapshot<TState>? Snapshot)
    where TState : class;
