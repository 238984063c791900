using Registry.Core.Artifacts;
using Registry.Core.Storage;

namespace Registry.Core.Packages;

/// <summary>The image index over the manifests of a release in several media types.</summary>
internal static class DerivedImageIndex
{
    /// <summary>Describes the image index; null for a release with one media type, or an incomplete one.</summary>
    /// <param name="manifests">The manifests of the release.</param>
    public static OciManifest? Of(ReadOnlySpan<Manifest> manifests)
    {
        if (manifests.Length < 2)
            return null;
        foreach (var manifest in manifests)
            if (manifest.Artifact is null)
                return null;
        var bytes = Make(manifests);
        return new OciManifest(Digest.Of(bytes), OciMediaTypes.Index, bytes.Length)
        {
            IsDerived = true,
        };
    }

    /// <summary>Makes the bytes of the image index.</summary>
    /// <param name="manifests">The manifests of the release, all of them complete.</param>
    public static byte[] Make(ReadOnlySpan<Manifest> manifests) => DerivedManifest.Index(
        manifests.ToArray().Select(static manifest =>
            (manifest.MediaType,
                new Descriptor(
                    manifest.Artifact!.Current.MediaType,
                    manifest.Artifact.Current.Digest,
                    manifest.Artifact.Current.Size))));
}
