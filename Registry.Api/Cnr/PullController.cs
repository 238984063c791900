using Microsoft.AspNetCore.Mvc;
using Registry.Api.Access;
using Registry.Api.Http;
using Registry.Core.Access;
using Registry.Core.Packages;
using Registry.Core.Storage;

namespace Registry.Api.Cnr;

/// <summary>Returns packages, byte for byte as they were pushed.</summary>
internal sealed class PullController(PackageRegistry packages) : CnrController
{
    /// <summary>The media type that the reference server sends and clients expect.</summary>
    private const string Gzip = "application/x-gzip";

    /// <summary>The number of digits of the digest in the file name of a blob.</summary>
    private const int DigestPrefix = 8;

    /// <summary>Pull a package</summary>
    /// <param name="namespace">The namespace.</param>
    /// <param name="name">The name.</param>
    /// <param name="release">
    /// A release or a query: `1.0.0`, `default`, `^1.2`, `>=1.0,&lt;2.0`. The highest match is pulled.
    /// </param>
    /// <param name="mediaType">A short media type, or `-` for the only one.</param>
    /// <param name="format">`json` for the JSON form.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    [Pull]
    [Requires(AccessActions.Pull)]
    [HttpGet("{namespace}/{name}/{release}/{mediaType}/pull")]
    [HttpHead("{namespace}/{name}/{release}/{mediaType}/pull")]
    [ProducesResponseType<FileResult>(StatusCodes.Status200OK, Gzip)]
    public async Task<IActionResult> PullAsync(
        string @namespace,
        string name,
        string release,
        string mediaType,
        [FromQuery] string? format,
        CancellationToken cancellationToken)
    {
        var (index, manifest) = await FindAsync(@namespace, name, release, mediaType, cancellationToken);
        var headers = HeadersOf(manifest, release, mediaType);
        return format == "json"
            ? Json(index, manifest, headers)
            : Content(index, manifest, PullName(index, manifest), headers);
    }

    /// <summary>Pull a package as JSON</summary>
    /// <remarks>The content as one line of base64.</remarks>
    /// <param name="namespace">The namespace.</param>
    /// <param name="name">The name.</param>
    /// <param name="release">A release or a query.</param>
    /// <param name="mediaType">A short media type, or `-` for the only one.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    [Pull]
    [Requires(AccessActions.Pull)]
    [HttpGet("{namespace}/{name}/{release}/{mediaType}/pull/json")]
    [HttpHead("{namespace}/{name}/{release}/{mediaType}/pull/json")]
    [ProducesResponseType<PulledResponse>(StatusCodes.Status200OK, "application/json")]
    public async Task<IActionResult> PullJsonAsync(
        string @namespace, string name, string release, string mediaType, CancellationToken cancellationToken)
    {
        var (index, manifest) = await FindAsync(@namespace, name, release, mediaType, cancellationToken);
        return Json(index, manifest, HeadersOf(manifest, release, mediaType));
    }

    /// <summary>Get a blob by its digest</summary>
    /// <param name="namespace">The namespace.</param>
    /// <param name="name">The name: a blob belongs to one package.</param>
    /// <param name="digest">The digest of a manifest's content: the sha256 of the gunzipped tar.</param>
    /// <param name="format">`json` for the JSON form.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    [Pull]
    [Requires(AccessActions.Pull)]
    [HttpGet("{namespace}/{name}/blobs/sha256/{digest}"), HttpHead("{namespace}/{name}/blobs/sha256/{digest}")]
    [ProducesResponseType<FileResult>(StatusCodes.Status200OK, Gzip)]
    public async Task<IActionResult> BlobAsync(
        string @namespace, string name, string digest, [FromQuery] string? format, CancellationToken cancellationToken)
    {
        var index = (await packages.GetAsync(
            CnrName.Get(@namespace, name, digest), digest, mediaType: null, cancellationToken)).State;
        var manifest = index.GetContent(digest);
        return format == "json"
            ? BlobJson(index, manifest)
            : Content(index, manifest, BlobName(index, manifest), HeadersOf(manifest));
    }

    /// <summary>Get a blob by its digest as JSON</summary>
    /// <remarks>The content as one line of base64.</remarks>
    /// <param name="namespace">The namespace.</param>
    /// <param name="name">The name.</param>
    /// <param name="digest">The digest of a manifest's content.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    [Pull]
    [Requires(AccessActions.Pull)]
    [HttpGet("{namespace}/{name}/blobs/sha256/{digest}/json")]
    [HttpHead("{namespace}/{name}/blobs/sha256/{digest}/json")]
    [ProducesResponseType<PulledResponse>(StatusCodes.Status200OK, "application/json")]
    public async Task<IActionResult> BlobJsonAsync(
        string @namespace, string name, string digest, CancellationToken cancellationToken)
    {
        var index = (await packages.GetAsync(
            CnrName.Get(@namespace, name, digest), digest, mediaType: null, cancellationToken)).State;
        return BlobJson(index, index.GetContent(digest));
    }

    private async ValueTask<(PackageIndex Index, Manifest Manifest)> FindAsync(
        string @namespace, string name, string release, string mediaType, CancellationToken cancellationToken)
    {
        var index = (await packages.GetAsync(
            CnrName.Get(@namespace, name, release, mediaType), release, mediaType, cancellationToken)).State;
        return (index, Find(index, release, mediaType));
    }

    /// <summary>
    /// Returns <c>Last-Modified</c> for an exact release only: the result of a query may change to an older release.
    /// </summary>
    private static (string Name, string Value)[] HeadersOf(Manifest manifest, string release, string mediaType) =>
        release == manifest.Release.Value && mediaType == manifest.MediaType.Value ? HeadersOf(manifest) : [];

    private static (string Name, string Value)[] HeadersOf(Manifest manifest) =>
        [ConditionalHeaders.LastModified(manifest.CreatedAt)];

    private BlobResult Content(
        PackageIndex index, Manifest manifest, string fileName, (string Name, string Value)[] headers) =>
        new(Opener(index.Name, manifest), manifest.Content.Size, manifest.Content.StoredDigest.Value, Gzip)
        {
            FileName = fileName,
            Headers = headers,
        };

    /// <summary>
    /// Returns a function that opens the content. It keeps neither the index nor metadata in memory while the content
    /// is sent.
    /// </summary>
    private Func<ByteRange, CancellationToken, ValueTask<BlobReader>> Opener(PackageName package, Manifest manifest)
    {
        var sent = manifest with { Metadata = null };
        return (range, cancellationToken) => packages.OpenAsync(package, sent, range, cancellationToken);
    }

    private BlobJsonResult Json(PackageIndex index, Manifest manifest, (string Name, string Value)[] headers)
    {
        List<(string, string)> members = [
            ("filename", PullName(index, manifest)), ("package", index.Name.Value),
            ("release", manifest.Release.Value)
        ];
        if (Dialect.PullNamesMediaType)
            members.Add(("media_type", manifest.MediaType.Value));
        return Json(index, manifest, members, headers);
    }

    private BlobJsonResult BlobJson(PackageIndex index, Manifest manifest) => Json(
        index,
        manifest,
        [
            ("filename", BlobName(index, manifest)), ("package", index.Name.Value),
            ("release", CnrDigest.Of(manifest.Content).Value)
        ],
        HeadersOf(manifest));

    /// <summary>
    /// The entity tag covers the whole response: the stored bytes, and the resolved release and media type.
    /// </summary>
    private BlobJsonResult Json(
        PackageIndex index, Manifest manifest, List<(string, string)> members, (string Name, string Value)[] headers)
    {
        var open = Opener(index.Name, manifest);
        return new BlobJsonResult(
            cancellationToken => open(ByteRange.All, cancellationToken),
            new BlobJson(manifest.Content.Size, members.ToArray()),
            $"{manifest.Content.StoredDigest}-{manifest.Release}-{manifest.MediaType}-json")
        {
            Headers = headers,
        };
    }

    private static string PullName(PackageIndex index, Manifest manifest) =>
        $"{index.Name.Namespace}_{index.Name.Name}_{manifest.Release}.tar.gz";

    private static string BlobName(PackageIndex index, Manifest manifest) =>
        $"{index.Name.Namespace}_{index.Name.Name}_{CnrDigest.Of(manifest.Content).Value[..DigestPrefix]}.tar.gz";
}

/// <summary>A package in JSON.</summary>
/// <param name="Blob">The `.tar.gz` in base64, one line.</param>
/// <param name="Filename">A name to save it under.</param>
/// <param name="Package">`namespace/name`.</param>
/// <param name="Release">The resolved release; the digest where a blob was asked for.</param>
/// <param name="MediaType">The short media type; only under `/cnr`, and only for a pull.</param>
internal sealed record PulledResponse(string Blob, string Filename, string Package, string Release, string? MediaType);
