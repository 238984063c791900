using Microsoft.AspNetCore.Mvc;
using Registry.Api.Access;
using Registry.Api.Cnr.Push;
using Registry.Api.Http;
using Registry.Api.Http.Transfers;
using Registry.Core.Access;
using Registry.Core.Content;
using Registry.Core.Packages;
using Registry.Core.Versions;

namespace Registry.Api.Cnr;

/// <summary>Pushes packages.</summary>
internal sealed class PushController(PackageRegistry packages) : CnrController
{
    /// <summary>Push a release</summary>
    /// <remarks>
    /// The content is a `.tar.gz`: in base64 as JSON, as a form field or in the query, or as a file in a form. It is
    /// checked and stored while it arrives. A push of an existing release in this media type fails with 409 unless
    /// `force` is true. A rejected push stores nothing.
    /// </remarks>
    /// <param name="namespace">The namespace.</param>
    /// <param name="name">The name.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    [Requires(AccessActions.Push)]
    [HttpPost("{namespace}/{name}")]
    [ProducesResponseType<PushedResponse>(StatusCodes.Status200OK, "application/json")]
    public async Task<IActionResult> PushAsync(string @namespace, string name, CancellationToken cancellationToken)
    {
        if (!CnrName.TryCreate(@namespace, name, out var package))
            throw CnrErrors.InvalidPackageName(@namespace, name);
        await RequestTransfer.Of(HttpContext)
            .ReserveInputAsync(PushRequestReader.BufferBytes + PackagePush.BufferBytes, cancellationToken);
        await using var request = await PushRequestReader.ReadAsync(
            Request,
            token => packages.BeginPushAsync(package, Caller, token),
            packages.MaxMetadataBytes,
            cancellationToken);
        if (!Release.TryParse(request.Release, out var release, out var reason))
            throw CnrErrors.NoRelease(request.Release, reason);
        await request.Push.CompleteAsync(
            release, MediaTypeOf(request), new PushOptions(request.Force, request.GetMetadata()), cancellationToken);
        return JsonBody.Of(new PushedResponse("ok"), CnrJsonContext.Default.PushedResponse, tag: null);
    }

    private static MediaType MediaTypeOf(PushRequest request) =>
        request.MediaType is null ? MediaType.Kpm
        : MediaType.TryParse(request.MediaType, out var mediaType) ? mediaType
        : throw CnrErrors.InvalidMediaType(request.MediaType);
}
