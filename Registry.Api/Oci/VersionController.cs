using Microsoft.AspNetCore.Mvc;
using Registry.Api.Access;
using Registry.Api.Http;

namespace Registry.Api.Oci;

/// <summary>The version of the API.</summary>
internal sealed class VersionController : OciController
{
    /// <summary>Check that the registry implements the API</summary>
    [RequiresLogin]
    [HttpGet, HttpHead]
    [ProducesResponseType<object>(StatusCodes.Status200OK, "application/json")]
    public IActionResult Check()
    {
        Response.Headers[OciHeaders.Version] = "registry/2.0";
        return new JsonBody(
            tag: null, [static json => json.WriteStartObject(), static json => json.WriteEndObject()]);
    }
}
