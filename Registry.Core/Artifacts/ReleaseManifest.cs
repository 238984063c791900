using Registry.Core.Content;

namespace Registry.Core.Artifacts;

/// <summary>What a manifest says about a release of a package.</summary>
/// <param name="MediaType">The CNR media type.</param>
/// <param name="Content">The content of the release.</param>
/// <param name="Provenance">The provenance file of a Helm chart; null if there is none.</param>
internal sealed record ReleaseManifest(MediaType MediaType, Descriptor Content, Descriptor? Provenance)
{
    /// <summary>
    /// Recognizes a manifest as Helm pushes it, or one that <see cref="DerivedManifest.Package"/> generates; null for
    /// any other manifest.
    /// </summary>
    /// <exception cref="ManifestFormatException">
    /// It has the config of a Helm chart, but not one chart and at most one provenance file.
    /// </exception>
    public static ReleaseManifest? Find(ManifestDocument document)
    {
        if (document.Config?.MediaType == OciMediaTypes.HelmConfig)
        {
            var charts = document.Layers
                .Where(static layer => layer.MediaType is OciMediaTypes.HelmChart or OciMediaTypes.LegacyHelmChart)
                .Take(2).ToList();
            var provenances = document.Layers
                .Where(static layer => layer.MediaType == OciMediaTypes.HelmProvenance).Take(2).ToList();
            if (charts.Count != 1)
                throw new ManifestFormatException(
                    $"'layers' of a Helm chart must contain exactly one layer of type {OciMediaTypes.HelmChart}.");
            if (provenances.Count > 1)
                throw new ManifestFormatException(
                    $"'layers' of a Helm chart must contain at most one layer of type {OciMediaTypes.HelmProvenance}.");
            return new ReleaseManifest(MediaType.Helm, charts[0], provenances.FirstOrDefault());
        }

        return !document.IsIndex
            && OciMediaTypes.TryParsePackageManifest(document.ArtifactType, out var mediaType)
            && document.Layers is [var content]
            && content.MediaType == OciMediaTypes.Package(mediaType)
                ? new ReleaseManifest(mediaType, content, null)
                : null;
    }
}
