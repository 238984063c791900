using Microsoft.AspNetCore.Mvc;
using Registry.Api.Access;
using Registry.Api.Http;
using Registry.Core.Access;
using Registry.Core.Artifacts;
using Registry.Core.Packages;
using Registry.Core.Repositories;
using Registry.Core.Storage;

namespace Registry.Api.Oci;

/// <summary>Pulls, pushes and deletes manifests.</summary>
internal sealed class ManifestsController(RepositoryManifests manifests) : OciController
{
    private const string Route = "{name}/manifests/{reference}";

    /// <summary>Pull a manifest</summary>
    /// <remarks>
    /// Returns the bytes and the media type of the push, whatever `Accept` is. Releases and channels of the package are
    /// tags.
    /// </remarks>
    /// <param name="name">The repository.</param>
    /// <param name="reference">A tag or a digest.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    [Pull]
    [Requires(AccessActions.Pull)]
    [HttpGet(Route), HttpHead(Route)]
    [ProducesResponseType<object>(
        StatusCodes.Status200OK,
        OciMediaTypes.Manifest,
        OciMediaTypes.Index,
        OciMediaTypes.DockerManifest,
        OciMediaTypes.DockerManifestList)]
    public async Task<IActionResult> PullAsync(string name, string reference, CancellationToken cancellationToken)
    {
        var package = RepositoryName.Get(name);
        if (IsDigest(reference))
            DigestOf(reference);
        var found = await manifests.GetAsync(package, reference, cancellationToken);
        return new ManifestResult(token => manifests.ReadAsync(found, token), found.Manifest)
        {
            Headers = [(OciHeaders.ContentDigest, OciDigest.Format(found.Manifest.Digest))],
        };
    }

    /// <summary>Push a manifest</summary>
    /// <remarks>
    /// The blobs and manifests that it refers to must be in the repository, except for its subject. A Helm chart, or a
    /// package that was pulled from another registry, becomes a release if its tag is a version.
    /// </remarks>
    /// <param name="name">The repository.</param>
    /// <param name="reference">The tag to set, or the digest of the body.</param>
    /// <param name="tag">If the reference is a digest: the tags to set, at most 100.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    [Requires(AccessActions.Push)]
    [HttpPut(Route)]
    [ProducesResponseType(StatusCodes.Status201Created)]
    public async Task<IActionResult> PushAsync(
        string name, string reference, [FromRepeatedQuery] string[] tag, CancellationToken cancellationToken)
    {
        BodyLimit.Lift(HttpContext);
        var package = RepositoryName.Get(name);
        Digest? digest = IsDigest(reference) ? DigestOf(reference) : null;
        if (digest is not null && tag.Length > RepositoryManifests.MaxTags)
            throw OciErrors.TooManyTags(tag.Length);
        List<TagName> tags = digest is null ? [TagOf(reference)] : [.. tag.Distinct().Select(TagOf)];
        var bytes = await SmallBody.ReadAsync(Request, RepositoryManifests.MaxManifestBytes, cancellationToken)
            ?? throw OciErrors.ManifestTooLarge(package);
        var manifest = await manifests.PutAsync(
            package, bytes, Request.ContentType ?? "", digest, tags, Caller, cancellationToken);
        Response.Headers[OciHeaders.ContentDigest] = OciDigest.Format(manifest.Digest);
        if (manifest.Subject is { } subject)
            Response.Headers[OciHeaders.Subject] = OciDigest.Format(subject);
        if (digest is not null && tags.Count > 0)
            Response.Headers[OciHeaders.Tag] = string.Join(", ", tags);
        return At(
            StatusCodes.Status201Created, AddressOf(package, $"manifests/{OciDigest.Format(manifest.Digest)}"));
    }

    /// <summary>Delete a tag or a manifest</summary>
    /// <remarks>
    /// A digest deletes the manifest and its tags. The tag of a release deletes the release in all media types, and
    /// that of a channel deletes the channel.
    /// </remarks>
    /// <param name="name">The repository.</param>
    /// <param name="reference">A tag or a digest.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    [RequiresToDelete]
    [HttpDelete(Route)]
    [ProducesResponseType(StatusCodes.Status202Accepted)]
    public async Task<IActionResult> DeleteAsync(string name, string reference, CancellationToken cancellationToken)
    {
        var package = RepositoryName.Get(name);
        if (IsDigest(reference))
            await manifests.DeleteAsync(package, DigestOf(reference), Caller, cancellationToken);
        else if (TagName.TryParse(reference, out var tag))
            await manifests.DeleteAsync(package, tag, Caller, cancellationToken);
        else
            throw ArtifactErrors.ManifestNotFound(package, reference);
        return StatusCode(StatusCodes.Status202Accepted);
    }

    /// <summary>Whether a reference is in the form of a digest: no tag has a colon.</summary>
    private static bool IsDigest(string reference) => reference.Contains(':');

    private static TagName TagOf(string text) =>
        TagName.TryParse(text, out var tag) ? tag : throw OciErrors.InvalidTag(text);
}
