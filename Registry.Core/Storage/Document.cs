namespace Registry.Core.Storage;

/// <summary>A document as it was at one revision.</summary>
/// <param name="Content">
/// The bytes, at most <see cref="MaxBytes"/>. The receiver may keep them; nobody changes them.
/// </param>
/// <param name="Revision">The revision that these bytes belong to: read together, never one after the other.</param>
public sealed record Document(ReadOnlyMemory<byte> Content, Revision Revision)
{
    /// <summary>
    /// The largest document, in bytes: 1 MiB, below what every backend takes in one atomic write (etcd: 1.5 MiB).
    /// </summary>
    public const int MaxBytes = 1024 * 1024;
}

/// <summary>A document with its key, as <see cref="IDocumentStore.ReadAsync"/> gives it.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Document">Bytes and revision of one moment.</param>
public readonly record struct StoredDocument(StoreKey Key, Document Document);

/// <summary>A document as a listing shows it: enough to know whether a copy is still the newest.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Revision">Its revision when it was listed.</param>
public readonly record struct DocumentEntry(StoreKey Key, Revision Revision);
