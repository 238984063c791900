using Registry.Core.Documents;
using Registry.Core.Errors;
using Registry.Core.Storage;

namespace Registry.Core.Packages;

/// <summary>The documents of packages: their keys, their stored form, and their estimated memory.</summary>
/// <param name="limits">The size limit of an index.</param>
internal sealed class PackageIndexCodec(IndexLimits limits) : DocumentCodec<PackageName, PackageIndex>
{
    /// <summary>
    /// The maximum size of uncompressed metadata in a cached index, in bytes. Above it the index is not cached after a
    /// write, and the next read takes its metadata from the stored form, compressed.
    /// </summary>
    private const long MaxOwnMetadataBytes = 1024 * 1024;

    /// <summary>
    /// The size of a manifest: its object, descriptor, two digests of 64 characters, push id, release and media type,
    /// and its entries in the index (by release, and by digest). Calculated for 64 bits.
    /// </summary>
    private const int ManifestBytes = 700;

    /// <summary>The size of the metadata of a manifest, without the JSON.</summary>
    private const int MetadataBytes = 96;

    /// <summary>
    /// The size of an index without its manifests: the objects, the names, and the entry in the cache.
    /// </summary>
    private const int IndexBytes = 600;

    /// <summary>The size of a release in a channel.</summary>
    private const int ChannelReleaseBytes = 16;

    /// <inheritdoc/>
    public override StoreKey Scope => StoreKeys.Packages;

    /// <inheritdoc/>
    public override StoreKey KeyOf(PackageName key) => key.Key;

    /// <inheritdoc/>
    public override byte[] Encode(PackageName key, PackageIndex state)
    {
        var (content, jsonBytes) = StoredIndex.Write(state, limits.MaxBytes);
        if (jsonBytes > limits.MaxBytes)
            throw PackageErrors.IndexTooLong(key, state.Manifests.Length, jsonBytes, limits.MaxBytes);
        return content.Length <= Document.MaxBytes
            ? content
            : throw PackageErrors.IndexFull(key, state.Manifests.Length, content.Length, Document.MaxBytes);
    }

    /// <inheritdoc/>
    public override PackageIndex Decode(PackageName key, ReadOnlyMemory<byte> content) =>
        StoredIndex.Read(key, content, limits.MaxBytes);

    /// <inheritdoc/>
    public override bool IsCachedAfterWrite(PackageIndex state) =>
        state.Manifests.Sum(static manifest => (long)(manifest.Metadata?.Own.Length ?? 0)) <= MaxOwnMetadataBytes;

    /// <inheritdoc/>
    public override long SizeOf(PackageIndex state)
    {
        var bytes = (long)IndexBytes;
        PackedJson? packed = null;
        foreach (var manifest in state.Manifests)
        {
            bytes += ManifestBytes;
            if (manifest.Metadata is not { } metadata)
                continue;
            bytes += MetadataBytes + metadata.Own.Length;
            packed ??= metadata.Packed;
        }

        // All compressed metadata is in the one stored form that the index was read from.
        bytes += packed?.Length ?? 0;
        foreach (var channel in state.Channels)
            bytes += IndexBytes + (channel.Releases.Length * ChannelReleaseBytes);
        return bytes;
    }

    /// <inheritdoc/>
    public override RegistryException ResourceInUse(PackageName key) => PackageErrors.ResourceInUse(key);

    /// <inheritdoc/>
    public override RegistryException OutcomeUnknown(PackageName key, StorageException cause) =>
        PackageErrors.OutcomeUnknown(key, cause);
}
