using Microsoft.AspNetCore.Mvc;
using Registry.Api.Access;
using Registry.Api.Http;
using Registry.Api.Http.Transfers;
using Registry.Core.Access;
using Registry.Core.Archives;
using Registry.Core.Errors;
using Registry.Core.Storage;

namespace Registry.Api.Kar;

/// <summary>App archives: <c>/api/v1/app</c>.</summary>
/// <param name="archives">The use cases.</param>
[ApiController]
[Route(Root)]
internal sealed class AppArchivesController(AppArchiveRegistry archives) : ControllerBase
{
    private const string Root = "api/v1/app";

    /// <summary>Upload an app archive</summary>
    /// <remarks>
    /// The body is the archive, whatever its Content-Type. It is stored under the sha256 of its bytes. Uploading the
    /// same bytes again renews its time.
    /// </remarks>
    /// <param name="workspace">A URL with host and path that names the workspace; without one, <c>global</c>.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    [Requires(AccessActions.Push)]
    [HttpPost]
    [ProducesResponseType<UploadedArchive>(StatusCodes.Status200OK, "application/json")]
    public async Task<IActionResult> UploadAsync(
        [FromWorkspaceQuery] string? workspace, CancellationToken cancellationToken)
    {
        if (HasTrailingSlash)
        {
            Response.Headers.Allow = "GET, HEAD, DELETE";
            return StatusCode(StatusCodes.Status405MethodNotAllowed);
        }

        BodyLimit.Lift(HttpContext);
        var place = Derive(workspace);
        if (Request.ContentLength > archives.Limits.MaxArchiveBytes)
            throw archives.TooLarge();
        await RequestTransfer.Of(HttpContext).ReserveInputAsync(AppArchiveRegistry.BufferBytes, cancellationToken);
        var archive = await archives.UploadAsync(place, Request.Body, Caller, cancellationToken);
        return JsonBody.Of(
            new UploadedArchive(archive.Id.Value, SelfLink(archive.Id)), KarJson.Default.UploadedArchive, tag: null);
    }

    /// <summary>List app archives</summary>
    /// <remarks>Those of the workspace and of every workspace whose name starts with it.</remarks>
    /// <param name="workspace">A URL with host and path that names the workspace; without one, <c>global</c>.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    [RequiresWithin(AccessActions.Pull)]
    [HttpGet, HttpHead]
    [ProducesResponseType<List<ListedArchive>>(StatusCodes.Status200OK, "application/json")]
    public IActionResult List([FromWorkspaceQuery] string? workspace, CancellationToken cancellationToken)
    {
        var place = Derive(workspace);
        return HasTrailingSlash
            ? throw AppArchiveRegistry.NotFound(place, "")
            : new ArchiveList(archives.ListAsync(place, Caller, cancellationToken));
    }

    /// <summary>Download an app archive</summary>
    /// <param name="id">The sha256 of the archive: 64 lower-case hex digits.</param>
    /// <param name="workspace">A URL with host and path that names the workspace; without one, <c>global</c>.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    [Pull]
    [Requires(AccessActions.Pull)]
    [HttpGet("{id}"), HttpHead("{id}")]
    [ProducesResponseType<FileResult>(StatusCodes.Status200OK, "application/octet-stream")]
    public async Task<IActionResult> DownloadAsync(
        string id, [FromWorkspaceQuery] string? workspace, CancellationToken cancellationToken)
    {
        var place = Derive(workspace);
        var digest = ParseId(place, id);
        var archive =
            await archives.FindAsync(place, digest, cancellationToken) ?? throw AppArchiveRegistry.NotFound(place, id);
        return new BlobResult(
            (range, token) => archives.OpenAsync(place, digest, range, token),
            archive.Size,
            id,
            "application/octet-stream")
        {
            Headers = [ConditionalHeaders.LastModified(archive.UploadedAt)],
        };
    }

    /// <summary>Delete an app archive</summary>
    /// <param name="id">The sha256 of the archive: 64 lower-case hex digits.</param>
    /// <param name="workspace">A URL with host and path that names the workspace; without one, <c>global</c>.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    [Requires(AccessActions.Delete)]
    [HttpDelete("{id}")]
    [ProducesResponseType(StatusCodes.Status204NoContent)]
    public async Task<IActionResult> DeleteAsync(
        string id, [FromWorkspaceQuery] string? workspace, CancellationToken cancellationToken)
    {
        var place = Derive(workspace);
        await archives.DeleteAsync(place, ParseId(place, id), Caller, cancellationToken);
        return NoContent();
    }

    /// <summary>
    /// Returns 404 for ids with a slash: archives of a subordinate workspace are addressed by <c>workspace</c> only.
    /// </summary>
    /// <param name="id">The first part.</param>
    /// <param name="rest">The other parts.</param>
    /// <param name="workspace">The workspace.</param>
    [Requires(AccessActions.Pull)]
    [AcceptVerbs("GET", "HEAD", "DELETE", Route = "{id}/{**rest}")]
    [ApiExplorerSettings(IgnoreApi = true)]
    public IActionResult NoArchive(string id, string? rest, [FromWorkspaceQuery] string? workspace) =>
        throw AppArchiveRegistry.NotFound(Derive(workspace), $"{id}/{rest}");

    /// <summary>
    /// Whether the path ends in a slash, which routing ignores and the protocol does not.
    /// </summary>
    private bool HasTrailingSlash => Request.Path.Value!.EndsWith('/');

    private Caller Caller => RequestCaller.Of(HttpContext);

    private static Workspace Derive(string? argument) => Workspace.TryDerive(argument, out var workspace)
        ? workspace
        : throw new RegistryException(
            ErrorCode.InvalidUsage, "The workspace is a malformed URL, or too long.", ("field", WorkspaceQuery.Name));

    private Digest ParseId(Workspace workspace, string id) =>
        !HasTrailingSlash && Digest.TryParse(id, out var digest)
            ? digest
            : throw AppArchiveRegistry.NotFound(workspace, id);

    private string SelfLink(Digest id)
    {
        // Only an HTTP/1.0 request has no Host; the reference server then uses this address.
        var host = Request.Host.HasValue ? Request.Host.Value : "127.0.0.1";
        return $"{Request.Scheme}://{host}{Request.PathBase}/{Root}/{id}";
    }
}
