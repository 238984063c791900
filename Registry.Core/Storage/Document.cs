using System.Runtime.CompilerServices;

namespace Registry.Core.Storage;

/// <summary>A document at one revision.</summary>
/// <param name="Content">
/// The bytes, at most <see cref="MaxBytes"/>. They are never changed, so the caller may keep them.
/// </param>
/// <param name="Revision">The revision of these bytes, read together with them.</param>
public sealed record Document(ReadOnlyMemory<byte> Content, Revision Revision)
{
    /// <summary>
    /// The maximum size of a document in bytes: 1 MiB. Every backend accepts this in one atomic write (etcd: 1.5 MiB).
    /// </summary>
    public const int MaxBytes = 1024 * 1024;

    /// <summary>Checks the content of a document that is to be written.</summary>
    /// <exception cref="ArgumentException">The content is larger than <see cref="MaxBytes"/>.</exception>
    public static void ThrowIfTooLarge(
        ReadOnlyMemory<byte> content, [CallerArgumentExpression(nameof(content))] string? paramName = null)
    {
        if (content.Length > MaxBytes)
            throw new ArgumentException(
                $"A document has at most {MaxBytes} bytes, not {content.Length}.", paramName);
    }
}

/// <summary>A document with its key, as returned by <see cref="IDocumentStore.ReadAsync"/>.</summary>
/// <param name="Key">The key.</param>
/// <param name="Document">The document.</param>
public readonly record struct StoredDocument(StoreKey Key, Document Document);

/// <summary>A document in a listing: key and revision, which show whether a copy is current.</summary>
/// <param name="Key">The key.</param>
/// <param name="Revision">The revision at the time of the listing.</param>
public readonly record struct DocumentEntry(StoreKey Key, Revision Revision);
