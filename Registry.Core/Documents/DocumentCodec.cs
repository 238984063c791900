using Registry.Core.Errors;
using Registry.Core.Storage;

namespace Registry.Core.Documents;

/// <summary>Defines one type of document for a <see cref="DocumentSet{TKey, TState}"/>.</summary>
/// <typeparam name="TKey">The name of a document, such as the name of a package.</typeparam>
/// <typeparam name="TState">The parsed form of a document. Immutable, since callers share it.</typeparam>
public abstract class DocumentCodec<TKey, TState>
    where TKey : notnull
    where TState : class
{
    /// <summary>The scope that holds all documents of this type, and no others.</summary>
    public abstract StoreKey Scope { get; }

    /// <summary>Returns the key of a document in storage.</summary>
    public abstract StoreKey KeyOf(TKey key);

    /// <summary>Serializes a state.</summary>
    /// <param name="key">The document.</param>
    /// <param name="state">The state.</param>
    /// <param name="replaced">
    /// The state that it replaces, which was read or written: its stored form may be copied where both are equal. Null
    /// for none.
    /// </param>
    /// <exception cref="RegistryException">
    /// The state is too large to be stored. A change that caused this fails alone.
    /// </exception>
    public abstract byte[] Encode(TKey key, TState state, TState? replaced);

    /// <summary>Parses the stored form. The state may hold on to <paramref name="content"/>.</summary>
    /// <exception cref="StorageException">
    /// <see cref="StorageFault.Corrupt"/>: the document is damaged or too large.
    /// <see cref="StorageFault.NewerSchema"/>: a later version of the registry wrote it.
    /// </exception>
    public abstract TState Decode(TKey key, ReadOnlyMemory<byte> content);

    /// <summary>Returns the size of a state in memory, in estimated bytes.</summary>
    public abstract long SizeOf(TState state);

    /// <summary>
    /// Whether a state is cached as it is after it was written. Otherwise the next read parses the stored form.
    /// </summary>
    public virtual bool IsCachedAfterWrite(TState state) => true;

    /// <summary>
    /// The error of a change that lost the race against other writers for <see cref="UpdateOptions.Bound"/>.
    /// </summary>
    public abstract RegistryException ResourceInUse(TKey key);

    /// <summary>The error of a change whose outcome is unknown.</summary>
    /// <param name="key">The document.</param>
    /// <param name="cause">The failure of the write, for the log.</param>
    public abstract RegistryException OutcomeUnknown(TKey key, StorageException cause);
}
