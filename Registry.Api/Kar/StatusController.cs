using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.Mvc;
using Registry.Api.Access;
using Registry.Api.Health;
using Registry.Api.Http;
using Registry.Api.Http.Errors;

namespace Registry.Api.Kar;

/// <summary>The status of the service: <c>/api/v1</c>.</summary>
/// <param name="storage">The storage, and whether it is available.</param>
[ApiController]
internal sealed class StatusController(StorageReadiness storage) : ControllerBase
{
    /// <summary>Show the status of the registry</summary>
    /// <remarks>503 with the same body and <c>"status":"unavailable"</c> while the storage does not answer.</remarks>
    [RequiresAnyRight]
    [HttpGet("api/v1"), HttpHead("api/v1")]
    [ProducesResponseType<Dictionary<string, string>>(StatusCodes.Status200OK, "application/json")]
    [ProducesResponseType<Dictionary<string, string>>(StatusCodes.Status503ServiceUnavailable, "application/json")]
    public async Task<IActionResult> ShowAsync()
    {
        var isAvailable = await storage.IsAvailableAsync();
        if (!isAvailable)
            Response.Headers.RetryAfter = ErrorTable.UnavailableRetryAfter;
        var status = new Dictionary<string, string>(storage.Facts)
        {
            ["kind"] = "registry#status",
            ["status"] = isAvailable ? "ok" : "unavailable",
            ["storage"] = storage.Name,
            ["version"] = ProductVersion.Text,
        };
        return JsonBody.Of(
            status,
            KarJson.Default.DictionaryStringString,
            isAvailable ? TagOf(status) : null,
            isAvailable ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
    }

    private static string TagOf(Dictionary<string, string> status) =>
        Convert.ToHexStringLower(SHA256.HashData(
            JsonSerializer.SerializeToUtf8Bytes(status, KarJson.Default.DictionaryStringString)));
}
