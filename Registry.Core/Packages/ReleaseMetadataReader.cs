using Registry.Core.Content;

namespace Registry.Core.Packages;

/// <summary>
/// Reads the metadata of manifests. Use one reader for many manifests of an index, in their order: a compressed index
/// is then decompressed once.
/// </summary>
public sealed class ReleaseMetadataReader : IDisposable
{
    private PackedJson? packed;
    private PackedJsonReader? unpacked;

    /// <summary>Returns the JSON of metadata; null for none.</summary>
    public RawJson? Read(Metadata? metadata)
    {
        if (metadata?.Packed is not { } source)
            return metadata is null ? null : new RawJson(metadata.Own);
        if (unpacked is null || packed != source || unpacked.Position > metadata.Start)
        {
            unpacked?.Dispose();
            (packed, unpacked) = (source, source.Open());
        }

        return new RawJson(unpacked.Read(metadata.Start, metadata.Length));
    }

    /// <inheritdoc/>
    public void Dispose() => unpacked?.Dispose();
}
