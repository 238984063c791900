using Microsoft.AspNetCore.Mvc;
using Registry.Api.Access;
using Registry.Api.Http;

namespace Registry.Api.Cnr;

/// <summary>Which generation of the protocol is spoken.</summary>
[ApiController]
internal sealed class VersionController : ControllerBase
{
    /// <summary>Show the protocol version</summary>
    /// <remarks>The version of the protocol spoken under this root, not the product's own.</remarks>
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
