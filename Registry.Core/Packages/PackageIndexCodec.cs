using Registry.Core.Documents;
using Registry.Core.Errors;
using Registry.Core.Storage;

namespace Registry.Core.Packages;

/// <summary>The documents of packages: their keys, their stored form, and their estimated memory.</summary>
/// <param name="limits">The size limit of an index.</param>
/// <param name="warning">Warns of indexes that come close to a limit; null for no warnings.</param>
internal sealed class PackageIndexCodec(
    IndexLimits limits, IndexSizeWarning? warning = null) : DocumentCodec<PackageName, PackageIndex>
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
    private const int OciManifestBytes = 700;

    /// <summary>The place of a manifest in the stored form.</summary>
    private const int PlaceBytes = 24;

    /// <summary>
    /// The size of a plain tag, without the characters of its name: its object, two strings, a digest of 64 characters,
    /// and its entries by name. Calculated for 64 bits.
    /// </summary>
    private const int TagBytes = 250;

    /// <summary>The size of a release in a channel.</summary>
    private const int ChannelReleaseBytes = 16;

    /// <inheritdoc/>
    public override StoreKey Scope => StoreKeys.Packages;

    /// <inheritdoc/>
    public override StoreKey KeyOf(PackageName key) => key.Key;

    /// <inheritdoc/>
    public override byte[] Encode(PackageName key, PackageIndex state, PackageIndex? replaced)
    {
        var (content, jsonBytes) = StoredIndex.Write(state, limits.MaxBytes, replaced);

        // The index of a Helm repository contains the metadata that is stored as blobs, too.
        jsonBytes += state.Manifests.Sum(static manifest => manifest.Artifact?.Chart?.MetadataBlob?.Size ?? 0);
        warning?.Check(key, jsonBytes, limits.MaxBytes, "before compression");
        warning?.Check(key, content.Length, Document.MaxBytes, "as stored");
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
    public override bool IsCachedAfterWrite(PackageIndex state)
    {
        var bytes = 0L;
        foreach (var manifest in state.Manifests)
            bytes += OwnBytes(manifest.Metadata) + OwnBytes(manifest.Artifact?.Chart?.Metadata);
        return bytes <= MaxOwnMetadataBytes;
    }

    /// <inheritdoc/>
    public override long SizeOf(PackageIndex state)
    {
        var bytes = (long)IndexBytes;

        // A stored form is in memory as a whole while any metadata in it is used, and to be copied at the next write.
        var (packed, last) = (new HashSet<PackedJson>(), (PackedJson?)null);
        if (state.Places is { } places)
        {
            packed.Add(places.Packed);
            bytes += (long)PlaceBytes * state.Manifests.Length;
        }

        foreach (var manifest in state.Manifests)
        {
            bytes += ManifestBytes;
            if (manifest.Artifact is { } artifact)
                bytes += (1L + artifact.PreviousManifests.Length) * OciManifestBytes;
            Add(manifest.Metadata);
            Add(manifest.Artifact?.Chart?.Metadata);
        }

        bytes += packed.Sum(static stored => (long)stored.Length);
        bytes += (long)state.Artifacts.Artifacts.Length * OciManifestBytes;
        foreach (var tag in state.Artifacts.Tags)
            bytes += TagBytes + (sizeof(char) * tag.Name.Value.Length);
        foreach (var index in state.Artifacts.Indexes)
            bytes += (1L + index.PreviousManifests.Length) * OciManifestBytes;
        foreach (var channel in state.Channels)
            bytes += IndexBytes + (channel.Releases.Length * ChannelReleaseBytes);
        return bytes;

        void Add(Metadata? metadata)
        {
            if (metadata is null)
                return;
            bytes += MetadataBytes + metadata.Own.Length;
            if (metadata.Packed is { } form && form != last)
                packed.Add(last = form);
        }
    }

    private static int OwnBytes(Metadata? metadata) => metadata?.Own.Length ?? 0;

    /// <inheritdoc/>
    public override RegistryException ResourceInUse(PackageName key) => PackageErrors.ResourceInUse(key);

    /// <inheritdoc/>
    public override RegistryException OutcomeUnknown(PackageName key, StorageException cause) =>
        PackageErrors.OutcomeUnknown(key, cause);
}
