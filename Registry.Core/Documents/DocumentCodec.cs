using Registry.Core.Errors;
using Registry.Core.Storage;

namespace Registry.Core.Documents;

/// <summary>What a <see cref="DocumentSet{TKey, TState}"/> has to know about one type of document.</summary>
/// <typeparam name="TKey">What names a document, such as the name of a package.</typeparam>
/// <typeparam name="TState">The parsed form of a document. Immutable: many callers share one.</typeparam>
public abstract class DocumentCodec<TKey, TState>
    where TKey : notnull
    where TState : class
{
    /// <summary>The scope that holds all documents of this type, and no others.</summary>
    public abstract StoreKey Scope { get; }

    /// <summary>Where a document is stored.</summary>
    public abstract StoreKey KeyOf(TKey key);

    /// <summary>Makes the stored form.</summary>
    /// <exception cref="RegistryException">
    /// The state is too large to be stored. A change that caused this fails alone.
    /// </exception>
    public abstract byte[] Encode(TKey key, TState state);

    /// <summary>Reads the stored form. The state may keep <paramref name="content"/>.</summary>
    /// <exception cref="StorageException">
    /// <see cref="StorageFault.Corrupt"/>: the document is damaged or too large.
    /// <see cref="StorageFault.NewerSchema"/>: a later version of the registry wrote it.
    /// </exception>
    public abstract TState Decode(TKey key, ReadOnlyMemory<byte> content);

    /// <summary>The memory that a state takes, in bytes as estimated.</summary>
    public abstract long SizeOf(TState state);

    /// <summary>
    /// Whether a state that was just written is kept in memory as it is. Otherwise the next read takes it from its
    /// stored form.
    /// </summary>
    public virtual bool IsKeptAfterWrite(TState state) => true;

    /// <summary>
    /// The refusal of a change that lost the race against other writers for <see cref="UpdateOptions.Bound"/>.
    /// </summary>
    public abstract RegistryException ResourceInUse(TKey key);

    /// <summary>The failure of a change that may have been stored or not.</summary>
    public abstract RegistryException OutcomeUnknown(TKey key);
}
