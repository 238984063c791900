using Microsoft.AspNetCore.Mvc;
using Registry.Api.Http;
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

    /// <summary>Get the index of a repository</summary>
    /// <param name="namespace">The namespace.</param>
    /// <param name="channel">The channel; null for all releases.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    [HttpGet("{namespace}/index.yaml"), HttpHead("{namespace}/index.yaml")]
    [HttpGet($"{ChannelRoute}/index.yaml"), HttpHead($"{ChannelRoute}/index.yaml")]
    public async Task<IActionResult> IndexAsync(
        [FromRoute] string @namespace, [FromRoute] string? channel, CancellationToken cancellationToken)
    {
        var place = NamespaceOf(@namespace);
        ChannelName? name = channel is null ? null : ChannelOf(channel);
        var contextPath = $"{Request.PathBase.ToUriComponent()}{HelmProtocol.Root}";
        var repository = await indexes.GetAsync(place, cancellationToken);
        return new ChartListResult(
            $"{repository.Fingerprint:x32}{contextPath}",
            token => ChartJson.IndexAsync(
                indexes.ReadAsync(repository, repository.Entries, token), name, contextPath, token),
            bodies);
    }

    /// <summary>Download an archive or its provenance file</summary>
    /// <param name="namespace">The namespace.</param>
    /// <param name="channel">The channel that must point at the release; null for any release.</param>
    /// <param name="file">`NAME-VERSION.tgz`, or the same with `.prov`.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    [HttpGet("{namespace}/charts/{file}"), HttpHead("{namespace}/charts/{file}")]
    [HttpGet($"{ChannelRoute}/charts/{{file}}"), HttpHead($"{ChannelRoute}/charts/{{file}}")]
    public async Task<IActionResult> DownloadAsync(
        [FromRoute] string @namespace,
        [FromRoute] string? channel,
        [FromRoute] string file,
        CancellationToken cancellationToken)
    {
        ChannelName? name = channel is null ? null : ChannelOf(channel);
        var archive = await charts.FindAsync(NamespaceOf(@namespace), file, name, cancellationToken);
        return new BlobResult(
            (range, token) => charts.OpenAsync(archive, range, token),
            archive.Blob.Size,
            archive.Blob.Digest.Value,
            file.EndsWith(".tgz", StringComparison.Ordinal) ? "application/gzip" : "application/pgp-signature");
    }
}
