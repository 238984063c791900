using System.Buffers.Binary;
using System.Security.Cryptography;
using Registry.Core.Storage;

namespace Registry.Core.Packages;

/// <summary>A package index as it was stored at one moment.</summary>
/// <param name="Index">The index.</param>
/// <param name="Revision">The revision of its document.</param>
/// <param name="Fingerprint">
/// The first half of the sha256 of the stored document: what entity tags are made of, equal on every replica and on every storage that holds
/// the same bytes, and different after every push, even of the same content.
/// </param>
public sealed record PackageSnapshot(PackageIndex Index, Revision Revision, UInt128 Fingerprint)
{
    /// <summary>Reads the index that a document holds.</summary>
    /// <param name="name">The package.</param>
    /// <param name="document">The document.</param>
    /// <param name="maxBytes">The most bytes that the index may unpack to.</param>
    /// <exception cref="StorageException"><see cref="StorageFault.Corrupt"/>: it holds none, or a longer one.</exception>
    internal static PackageSnapshot Read(PackageName name, Document document, long maxBytes) =>
        Of(StoredIndex.Read(name, document.Content, maxBytes), document.Content.Span, document.Revision);

    /// <summary>An index whose stored form is known.</summary>
    internal static PackageSnapshot Of(PackageIndex index, ReadOnlySpan<byte> content, Revision revision) => new(index, revision, FingerprintOf(content));

    internal static UInt128 FingerprintOf(ReadOnlySpan<byte> content)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(content, hash);
        return BinaryPrimitives.ReadUInt128BigEndian(hash);
    }
}
