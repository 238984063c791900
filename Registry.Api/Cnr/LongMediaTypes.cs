using System.Runtime.InteropServices;
using Registry.Core.Content;

namespace Registry.Api.Cnr;

/// <summary>
/// The long forms of the media types in one response. The releases of a package share them, so each is created once.
/// </summary>
internal sealed class LongMediaTypes(Dialect dialect)
{
    private readonly Dictionary<MediaType, string> manifests = [];
    private readonly Dictionary<MediaType, string> contents = [];

    /// <summary>Returns the media type of a manifest.</summary>
    public string OfManifest(MediaType mediaType) =>
        CollectionsMarshal.GetValueRefOrAddDefault(manifests, mediaType, out _) ??=
            $"application/vnd.{dialect.Vendor}.package-manifest.{mediaType.Value}.{dialect.Schema}.json";

    /// <summary>Returns the media type of content.</summary>
    public string OfContent(MediaType mediaType) =>
        CollectionsMarshal.GetValueRefOrAddDefault(contents, mediaType, out _) ??=
            $"application/vnd.{dialect.Vendor}.package.{mediaType.Value}.{dialect.Schema}.tar+gzip";
}
