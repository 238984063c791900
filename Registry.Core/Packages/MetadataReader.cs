using Registry.Core.Content;

namespace Registry.Core.Packages;

/// <summary>
/// Reads metadata of an index. Use one reader for many manifests, in their order: a compressed index is then unpacked
/// once.
/// </summary>
public sealed class MetadataReader : IDisposable
{
    private PackedJson? packed;
    private PackedJsonReader? unpacked;

    /// <summary>The JSON of some metadata; null for none.</summary>
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
