using Registry.Core.Documents;
using Registry.Core.Errors;
using Registry.Core.Storage;

namespace Registry.Core.Packages;

/// <summary>The documents of packages: where they lie, their stored form, and the memory that an index takes.</summary>
/// <param name="limits">How large an index may be.</param>
internal sealed class PackageIndexCodec(IndexLimits limits) : DocumentCodec<PackageName, PackageIndex>
{
    /// <summary>
    /// How many bytes of metadata an index may gather that did not come from its stored form. Above it, the next read
    /// takes all of them from there, compressed.
    /// </summary>
    private const long MaxOwnMetadataBytes = 1024 * 1024;

    /// <summary>
    /// One manifest: its object, descriptor, two digests of 64 characters, push id, release and media type, and its
    /// places in the index (by release, and by digest). Calculated for 64 bits.
    /// </summary>
    private const int ManifestBytes = 700;

    /// <summary>The metadata of one manifest, without the JSON.</summary>
    private const int MetadataBytes = 96;

    /// <summary>One index without its manifests: the objects, the names, and the entry in the cache.</summary>
    private const int IndexBytes = 600;

    /// <summary>One release in one channel.</summary>
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
    public override bool IsKeptAfterWrite(PackageIndex state) =>
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

        // All compressed metadata lie in the one stored form that the index was read from.
        bytes += packed?.Length ?? 0;
        foreach (var channel in state.Channels)
            bytes += IndexBytes + (channel.Releases.Length * ChannelReleaseBytes);
        return bytes;
    }

    /// <inheritdoc/>
    public override RegistryException ResourceInUse(PackageName key) => PackageErrors.ResourceInUse(key);

    /// <inheritdoc/>
    public override RegistryException OutcomeUnknown(PackageName key) => PackageErrors.OutcomeUnknown(key);
}
