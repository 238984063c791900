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

    /// <summary>
    /// The size of an OCI manifest in the index: its object, two digests of 64 characters, and its entries by digest.
    /// Calculated for 64 bits.
    /// </summary>
    private const int StoredManifestBytes = 700;

    /// <summary>The size of a plain tag.</summary>
    private const int TagBytes = 200;

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
        state.Manifests.SelectMany(MetadataOf).Sum(static metadata => (long)metadata.Own.Length)
            <= MaxOwnMetadataBytes;

    /// <inheritdoc/>
    public override long SizeOf(PackageIndex state)
    {
        var bytes = (long)IndexBytes;
        PackedJson? packed = null;
        foreach (var manifest in state.Manifests)
        {
            bytes += ManifestBytes;
            if (manifest.Artifact is { } artifact)
                bytes += (1L + artifact.Formers.Length) * StoredManifestBytes;
            foreach (var metadata in MetadataOf(manifest))
            {
                bytes += MetadataBytes + metadata.Own.Length;
                packed ??= metadata.Packed;
            }
        }

        bytes += (long)state.Artifacts.Artifacts.Length * StoredManifestBytes;
        bytes += (long)state.Artifacts.Tags.Length * TagBytes;
        foreach (var index in state.Artifacts.Indexes)
            bytes += (1L + index.Formers.Length) * StoredManifestBytes;

        // All compressed metadata is in the one stored form that the index was read from.
        bytes += packed?.Length ?? 0;
        foreach (var channel in state.Channels)
            bytes += IndexBytes + (channel.Releases.Length * ChannelReleaseBytes);
        return bytes;
    }

    private static IEnumerable<Metadata> MetadataOf(Manifest manifest)
    {
        if (manifest.Metadata is { } metadata)
            yield return metadata;
        if (manifest.Artifact?.Chart?.Metadata is { } chart)
            yield return chart;
    }

    /// <inheritdoc/>
    public override RegistryException ResourceInUse(PackageName key) => PackageErrors.ResourceInUse(key);

    /// <inheritdoc/>
    public override RegistryException OutcomeUnknown(PackageName key, StorageException cause) =>
        PackageErrors.OutcomeUnknown(key, cause);
}
