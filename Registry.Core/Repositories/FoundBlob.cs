using Registry.Core.Storage;

namespace Registry.Core.Repositories;

/// <summary>A blob that <see cref="RepositoryBlobs.FindAsync"/> has found.</summary>
/// <param name="Info">The description of the blob.</param>
public sealed record FoundBlob(BlobInfo Info)
{
    /// <summary>The sha256 of its bytes.</summary>
    public Digest Digest => Info.Key.Digest;

    /// <summary>The length in bytes.</summary>
    public long Size => Info.Length;

    /// <summary>How many of its bytes are in memory while it is sent: all of a derived config, otherwise 0.</summary>
    public long HeldBytes => Derived?.Length ?? 0;

    /// <summary>The bytes of a config that is derived with a manifest; null for a blob that is stored.</summary>
    internal ReadOnlyMemory<byte>? Derived { get; init; }
}
