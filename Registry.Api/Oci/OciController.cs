using Microsoft.AspNetCore.Mvc;
using Registry.Api.Access;
using Registry.Core.Access;
using Registry.Core.Artifacts;
using Registry.Core.Errors;
using Registry.Core.Packages;
using Registry.Core.Storage;

namespace Registry.Api.Oci;

/// <summary>The base of the controllers of the OCI distribution API.</summary>
[ApiController]
[Route(OciProtocol.Root)]
internal abstract class OciController : ControllerBase
{
    /// <summary>The caller of the request.</summary>
    protected Caller Caller => RequestCaller.Of(HttpContext);

    /// <summary>Returns a digest of a request.</summary>
    /// <param name="text">The digest with its algorithm; null when it is missing.</param>
    /// <exception cref="RegistryException"><see cref="ErrorCode.InvalidDigest"/>.</exception>
    protected static Digest DigestOf(string? text) =>
        OciDigest.TryParse(text, out var digest) ? digest : throw OciErrors.InvalidDigest(text);

    /// <summary>
    /// Returns the address of something in a repository, without the host. It has no path prefix: clients expect the
    /// API at the root of a host, so a proxy forwards it from there.
    /// </summary>
    /// <param name="package">The repository.</param>
    /// <param name="path">The path below the repository, escaped.</param>
    protected static string AddressOf(PackageName package, string path) => $"{OciProtocol.Root}/{package}/{path}";

    /// <summary>Responds with the address of stored content, or of an upload session.</summary>
    /// <param name="status">The status.</param>
    /// <param name="location">The URL of the content, or of the session that the client continues.</param>
    protected IActionResult At(int status, string location)
    {
        Response.Headers.Location = location;
        return StatusCode(status);
    }
}
