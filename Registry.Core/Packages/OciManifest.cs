using Registry.Core.Storage;

namespace Registry.Core.Packages;

/// <summary>An OCI manifest or index of a package, by the digest of its bytes.</summary>
/// <param name="Digest">The sha256 of the bytes.</param>
/// <param name="MediaType">The OCI or Docker media type, with which it was pushed or is derived.</param>
/// <param name="Size">The length of the bytes.</param>
public sealed record OciManifest(Digest Digest, string MediaType, long Size)
{
    /// <summary>
    /// The config of a manifest that is derived: its bytes, like those of the manifest, are made again from the index
    /// whenever they are requested. Null for a manifest whose bytes are a blob of the package.
    /// </summary>
    public BlobDescriptor? DerivedConfig { get; init; }

    /// <summary>The manifest that it refers to, which need not exist; null for none.</summary>
    public Digest? Subject { get; init; }

    /// <summary>Whether the bytes are derived from the index, rather than stored.</summary>
    public bool IsDerived { get; init; }
}

/// <summary>The digest and the length of a blob.</summary>
/// <param name="Digest">The sha256 of its bytes.</param>
/// <param name="Size">The length in bytes.</param>
public sealed record BlobDescriptor(Digest Digest, long Size);
