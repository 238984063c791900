using Microsoft.AspNetCore.Mvc;
using Registry.Api.Access;
using Registry.Api.Http;
using Registry.Core.Access;
using Registry.Core.Content;
using Registry.Core.Documents;
using Registry.Core.Packages;

namespace Registry.Api.Cnr;

/// <summary>Shows and deletes releases.</summary>
internal sealed class PackagesController(PackageRegistry packages) : CnrController
{
    /// <summary>List all releases of a package</summary>
    /// <remarks>A manifest for each release in each media type, highest release first.</remarks>
    /// <param name="namespace">The namespace.</param>
    /// <param name="name">The name.</param>
    /// <param name="mediaType">Only manifests in this media type.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    [Requires(AccessActions.Pull)]
    [HttpGet("{namespace}/{name}"), HttpHead("{namespace}/{name}")]
    [ProducesResponseType<ManifestResponse[]>(StatusCodes.Status200OK, "application/json")]
    public async Task<IActionResult> ReleasesAsync(
        string @namespace,
        string name,
        [FromQuery(Name = "media_type")] string? mediaType,
        CancellationToken cancellationToken)
    {
        var snapshot = await packages.GetAsync(
            CnrName.Get(@namespace, name, release: null, mediaType), release: null, mediaType, cancellationToken);
        IEnumerable<Manifest> manifests = snapshot.State.Manifests;
        if (mediaType is not null)
            manifests = MediaType.TryParse(mediaType, out var type)
                ? manifests.Where(manifest => manifest.MediaType == type)
                : [];
        return Manifests(snapshot, Responses());

        IEnumerable<ManifestResponse> Responses()
        {
            using var metadata = new ReleaseMetadataReader();
            var mediaTypes = new LongMediaTypes(Dialect);
            foreach (var manifest in manifests)
                yield return ManifestResponse.Of(
                    snapshot.State.Name, manifest, metadata.Read(manifest.Metadata), mediaTypes);
        }
    }

    /// <summary>List the manifests of one release</summary>
    /// <param name="namespace">The namespace.</param>
    /// <param name="name">The name.</param>
    /// <param name="release">The exact release, not a range or `default`.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    [Requires(AccessActions.Pull)]
    [HttpGet("{namespace}/{name}/{release}"), HttpHead("{namespace}/{name}/{release}")]
    [ProducesResponseType<ManifestResponse[]>(StatusCodes.Status200OK, "application/json")]
    public async Task<IActionResult> ReleaseAsync(
        string @namespace, string name, string release, CancellationToken cancellationToken)
    {
        var snapshot = await packages.GetAsync(
            CnrName.Get(@namespace, name, release), release, mediaType: null, cancellationToken);
        var manifests = snapshot.State.GetExact(release).ToArray();
        var mediaTypes = new LongMediaTypes(Dialect);
        return Manifests(
            snapshot,
            manifests.Select(
                manifest => ManifestResponse.Of(
                    snapshot.State.Name, manifest, packages.ReadMetadata(manifest), mediaTypes)));
    }

    /// <summary>Show a manifest</summary>
    /// <param name="namespace">The namespace.</param>
    /// <param name="name">The name.</param>
    /// <param name="release">
    /// A release or a query: `1.0.0`, `default`, `^1.2`, `>=1.0,&lt;2.0`. The highest match is shown.
    /// </param>
    /// <param name="mediaType">A short media type, or `-` for the only one.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    [Requires(AccessActions.Pull)]
    [HttpGet("{namespace}/{name}/{release}/{mediaType}"), HttpHead("{namespace}/{name}/{release}/{mediaType}")]
    [ProducesResponseType<ManifestResponse>(StatusCodes.Status200OK, "application/json")]
    public async Task<IActionResult> ShowAsync(
        string @namespace, string name, string release, string mediaType, CancellationToken cancellationToken)
    {
        var snapshot = await packages.GetAsync(
            CnrName.Get(@namespace, name, release, mediaType), release, mediaType, cancellationToken);
        var manifest = Find(snapshot.State, release, mediaType);
        return JsonBody.Of(Form, CnrJsonContext.Default.ManifestResponse, Tag(snapshot));

        ManifestResponse Form() => ManifestResponse.Of(
            snapshot.State.Name,
            manifest,
            packages.ReadMetadata(manifest),
            new LongMediaTypes(Dialect),
            snapshot.State.Channels.Where(channel => channel.Current == manifest.Release)
                .Select(static channel => channel.Name.Value));
    }

    /// <summary>Delete a release in one media type</summary>
    /// <remarks>
    /// Deleting the last media type of a release removes the release from its channels. Deleting the last release
    /// deletes the package.
    /// </remarks>
    /// <param name="namespace">The namespace.</param>
    /// <param name="name">The name.</param>
    /// <param name="release">The exact release.</param>
    /// <param name="mediaType">The short media type.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    [Requires(AccessActions.Delete)]
    [HttpDelete("{namespace}/{name}/{release}/{mediaType}")]
    [ProducesResponseType<DeletedResponse>(StatusCodes.Status200OK, "application/json")]
    public async Task<IActionResult> DeleteAsync(
        string @namespace, string name, string release, string mediaType, CancellationToken cancellationToken)
    {
        await packages.DeleteAsync(
            CnrName.Get(@namespace, name, release, mediaType), release, mediaType, Caller, cancellationToken);
        return JsonBody.Of(
            new DeletedResponse($"{@namespace}/{name}", release, "deleted"),
            CnrJsonContext.Default.DeletedResponse,
            tag: null);
    }

    private JsonBody Manifests(DocumentSnapshot<PackageIndex> snapshot, IEnumerable<ManifestResponse> manifests)
    {
        var body = JsonBody.OfMany(manifests, CnrJsonContext.Default.ManifestResponse, Tag(snapshot));
        body.SourceBytes = () => packages.SizeOf(snapshot.State);
        return body;
    }
}
