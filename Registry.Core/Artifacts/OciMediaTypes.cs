using System.Text.RegularExpressions;
using Registry.Core.Content;

namespace Registry.Core.Artifacts;

/// <summary>The media types of OCI, Docker, Helm and CNR in manifests.</summary>
public static partial class OciMediaTypes
{
    /// <summary>An OCI image manifest, which describes artifacts of every kind.</summary>
    public const string Manifest = "application/vnd.oci.image.manifest.v1+json";

    /// <summary>An OCI image index.</summary>
    public const string Index = "application/vnd.oci.image.index.v1+json";

    /// <summary>A Docker image manifest, version 2, schema 2.</summary>
    public const string DockerManifest = "application/vnd.docker.distribution.manifest.v2+json";

    /// <summary>A Docker manifest list.</summary>
    public const string DockerManifestList = "application/vnd.docker.distribution.manifest.list.v2+json";

    /// <summary>The config of an artifact without one: the two bytes <c>{}</c>.</summary>
    public const string EmptyConfig = "application/vnd.oci.empty.v1+json";

    /// <summary>The config of a Helm chart: its Chart.yaml as JSON.</summary>
    public const string HelmConfig = "application/vnd.cncf.helm.config.v1+json";

    /// <summary>The archive of a Helm chart.</summary>
    public const string HelmChart = "application/vnd.cncf.helm.chart.content.v1.tar+gzip";

    /// <summary>The archive of a Helm chart, in an early form that Helm still pulls.</summary>
    public const string LegacyHelmChart = "application/tar+gzip";

    /// <summary>The provenance file of a Helm chart.</summary>
    public const string HelmProvenance = "application/vnd.cncf.helm.chart.provenance.v1.prov";

    private const string PackageManifestPrefix = "application/vnd.cnr.package-manifest.";
    private const string PackageManifestSuffix = ".v1.json";

    /// <summary>Returns the artifact type of a package in a media type of CNR.</summary>
    public static string PackageManifest(MediaType mediaType) =>
        $"{PackageManifestPrefix}{mediaType.Value}{PackageManifestSuffix}";

    /// <summary>Returns the media type of the content of a package in a media type of CNR.</summary>
    public static string Package(MediaType mediaType) => $"application/vnd.cnr.package.{mediaType.Value}.v1.tar+gzip";

    /// <summary>Returns the media type of CNR in a <see cref="PackageManifest"/>; false for any other type.</summary>
    internal static bool TryParsePackageManifest(string? text, out MediaType mediaType)
    {
        mediaType = default;
        return text is not null
            && text.Length > PackageManifestPrefix.Length + PackageManifestSuffix.Length
            && MediaType.TryParse(text[PackageManifestPrefix.Length..^PackageManifestSuffix.Length], out mediaType)
            && text == PackageManifest(mediaType);
    }

    /// <summary>Whether this is the type of a manifest or index that the registry accepts.</summary>
    public static bool IsManifest(string mediaType) =>
        mediaType is Manifest or DockerManifest || IsIndex(mediaType);

    /// <summary>Whether this is the type of an index that the registry accepts.</summary>
    public static bool IsIndex(string mediaType) => mediaType is Index or DockerManifestList;

    /// <summary>
    /// Whether layers of this type may be missing from the registry, because their license forbids distributing them.
    /// </summary>
    internal static bool IsNonDistributable(string mediaType) =>
        mediaType.StartsWith("application/vnd.oci.image.layer.nondistributable.", StringComparison.Ordinal)
            || mediaType.StartsWith("application/vnd.docker.image.rootfs.foreign.", StringComparison.Ordinal);

    /// <summary>Whether this is a media type by the grammar of RFC 6838, section 4.2, without parameters.</summary>
    internal static bool IsValid(string text) => MediaTypeName.IsMatch(text);

    /// <summary>Returns the media type of a Content-Type header.</summary>
    internal static string WithoutParameters(string contentType)
    {
        var end = contentType.IndexOf(';', StringComparison.Ordinal);
        return (end < 0 ? contentType : contentType[..end]).Trim();
    }

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}\z")]
    private static partial Regex MediaTypeName { get; }
}
