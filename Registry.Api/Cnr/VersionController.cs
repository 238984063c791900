using Microsoft.AspNetCore.Mvc;
using Registry.Api.Access;
using Registry.Api.Http;

namespace Registry.Api.Cnr;

/// <summary>Returns the version of the protocol.</summary>
[ApiController]
internal sealed class VersionController : ControllerBase
{
    /// <summary>Show the protocol version</summary>
    /// <remarks>The version of the protocol at this root, not that of the product.</remarks>
    [Public]
    [HttpGet("/version"), HttpHead("/version")]
    [HttpGet($"{Dialect.ApprRoot}/version"), HttpHead($"{Dialect.ApprRoot}/version")]
    [ProducesResponseType<Dictionary<string, string>>(StatusCodes.Status200OK, "application/json")]
    public IActionResult Version()
    {
        var dialect = Dialect.Of(Request);
        return JsonBody.Of(
            new Dictionary<string, string>
            {
                [dialect.VersionKey] = dialect.Version
            }, CnrJsonContext.Default.DictionaryStringString, dialect.Version);
    }
}
