using Microsoft.AspNetCore.Mvc;
using Registry.Api.Access;
using Registry.Api.Http;
using Registry.Core.Access;
using Registry.Core.Catalog;
using Registry.Core.Packages;
using Registry.Core.Repositories;

namespace Registry.Api.Helm;

/// <summary>
/// Helm repositories: one for each namespace, and one for each channel in it, with only the releases that the channel
/// points at.
/// </summary>
internal sealed class RepositoryController(ChartIndexes indexes, ChartRepository charts, ChartBodies bodies)
    : HelmController
{
    private const string ChannelRoute = "{namespace}/-/{channel}";
    private const string ArchiveType = "application/gzip";
    private const string ProvenanceType = "application/pgp-signature";

    /// <summary>Get the index of a repository</summary>
    /// <remarks>
    /// Lists the charts of the namespace, newest version first. The index is JSON, which Helm reads as YAML.
    /// </remarks>
    /// <param name="namespace">The namespace.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    [RequiresWithin(AccessActions.Pull)]
    [HttpGet("{namespace}/index.yaml"), HttpHead("{namespace}/index.yaml")]
    [ProducesResponseType<object>(StatusCodes.Status200OK, "application/json")]
    public Task<IActionResult> IndexAsync([FromRoute] string @namespace, CancellationToken cancellationToken) =>
        IndexAsync(NamespaceOf(@namespace), channel: null, cancellationToken);

    /// <summary>Get the index of a channel</summary>
    /// <remarks>
    /// Lists the current release of the channel for each chart of the namespace that has the channel.
    /// </remarks>
    /// <param name="namespace">The namespace.</param>
    /// <param name="channel">The channel.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    [RequiresWithin(AccessActions.Pull)]
    [HttpGet($"{ChannelRoute}/index.yaml"), HttpHead($"{ChannelRoute}/index.yaml")]
    [ProducesResponseType<object>(StatusCodes.Status200OK, "application/json")]
    public Task<IActionResult> ChannelIndexAsync(
        [FromRoute] string @namespace, [FromRoute] string channel, CancellationToken cancellationToken) =>
        IndexAsync(NamespaceOf(@namespace), ChannelOf(channel), cancellationToken);

    /// <summary>Download a chart or its provenance file</summary>
    /// <param name="namespace">The namespace.</param>
    /// <param name="file">`NAME-VERSION.tgz`, or `NAME-VERSION.tgz.prov`.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    [Pull]
    [Requires(AccessActions.Pull)]
    [HttpGet("{namespace}/charts/{file}"), HttpHead("{namespace}/charts/{file}")]
    [ProducesResponseType<FileResult>(StatusCodes.Status200OK, ArchiveType, ProvenanceType)]
    public Task<IActionResult> DownloadAsync(
        [FromRoute] string @namespace, [FromRoute] string file, CancellationToken cancellationToken) =>
        DownloadAsync(NamespaceOf(@namespace), channel: null, file, cancellationToken);

    /// <summary>Download a chart or its provenance file from a channel</summary>
    /// <remarks>The version must be the current release of the channel.</remarks>
    /// <param name="namespace">The namespace.</param>
    /// <param name="channel">The channel.</param>
    /// <param name="file">`NAME-VERSION.tgz`, or `NAME-VERSION.tgz.prov`.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    [Pull]
    [Requires(AccessActions.Pull)]
    [HttpGet($"{ChannelRoute}/charts/{{file}}"), HttpHead($"{ChannelRoute}/charts/{{file}}")]
    [ProducesResponseType<FileResult>(StatusCodes.Status200OK, ArchiveType, ProvenanceType)]
    public Task<IActionResult> ChannelDownloadAsync(
        [FromRoute] string @namespace,
        [FromRoute] string channel,
        [FromRoute] string file,
        CancellationToken cancellationToken) =>
        DownloadAsync(NamespaceOf(@namespace), ChannelOf(channel), file, cancellationToken);

    /// <param name="place">The namespace.</param>
    /// <param name="channel">The channel; null for all releases.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    private async Task<IActionResult> IndexAsync(
        string place, ChannelName? channel, CancellationToken cancellationToken)
    {
        var contextPath = $"{Request.PathBase.ToUriComponent()}{HelmProtocol.Root}";
        var repository = await indexes.GetAsync(place, Caller.Scopes, cancellationToken);
        return new ChartListResult(
            $"{repository.Fingerprint:x32}{contextPath}",
            token => ChartListJson.IndexAsync(
                indexes.ReadAsync(repository, repository.Entries, token), channel, contextPath, token),
            bodies);
    }

    /// <param name="place">The namespace.</param>
    /// <param name="channel">The channel that must point at the release; null for any release.</param>
    /// <param name="file">The name of the file.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    private async Task<IActionResult> DownloadAsync(
        string place, ChannelName? channel, string file, CancellationToken cancellationToken)
    {
        var archive = await charts.FindAsync(place, file, channel, Caller, cancellationToken);
        return new BlobResult(
            (range, token) => charts.OpenAsync(archive, range, token),
            archive.Blob.Size,
            archive.Blob.Digest.Value,
            file.EndsWith(".tgz", StringComparison.Ordinal) ? ArchiveType : ProvenanceType);
    }
}
