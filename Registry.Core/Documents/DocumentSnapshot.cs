using System.Buffers.Binary;
using System.Security.Cryptography;
using Registry.Core.Storage;

namespace Registry.Core.Documents;

/// <summary>The state that a document held at one moment.</summary>
/// <typeparam name="TState">The parsed form of the document.</typeparam>
/// <param name="State">The state.</param>
/// <param name="Revision">The revision of the document.</param>
/// <param name="Fingerprint">
/// The first half of the sha256 of the stored document. Entity tags are made of it: it is equal on every replica and on
/// every storage backend that contains the same bytes.
/// </param>
public sealed record DocumentSnapshot<TState>(TState State, Revision Revision, UInt128 Fingerprint)
    where TState : class
{
    /// <summary>A state whose stored form is known.</summary>
    internal static DocumentSnapshot<TState> Of(TState state, ReadOnlySpan<byte> content, Revision revision)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(content, hash);
        return new(state, revision, BinaryPrimitives.ReadUInt128BigEndian(hash));
    }
}
