using Microsoft.AspNetCore.Mvc;
using Registry.Core.Catalog;
using Registry.Core.Errors;
using Registry.Core.Storage;

namespace Registry.Api.Health;

/// <summary>What an orchestrator asks.</summary>
[ApiController]
internal sealed class HealthController(StorageReadiness storage, PackageCatalog catalog) : ControllerBase
{
    /// <summary>The status of a process that is alive.</summary>
    public const string AliveStatus = "ok";

    /// <summary>The status of a service that can answer requests.</summary>
    public const string ReadyStatus = "ready";

    /// <summary>The path that tells whether the process is alive.</summary>
    public const string AlivePath = "/healthz";

    /// <summary>The path that tells whether requests can be served.</summary>
    public const string ReadyPath = "/readyz";

    /// <summary>Whether a path is one of health, which is asked for by address and not by name.</summary>
    public static bool IsAt(PathString path) => path.Value?.TrimEnd('/') is AlivePath or ReadyPath;

    /// <summary>Check whether the process is alive</summary>
    /// <remarks>Does not ask the storage.</remarks>
    [HttpGet(AlivePath), HttpHead(AlivePath)]
    [ProducesResponseType<Dictionary<string, string>>(StatusCodes.Status200OK, "application/json")]
    public IActionResult Alive() => Status(AliveStatus);

    /// <summary>Check whether requests can be served</summary>
    /// <remarks>200 once the storage answers and all packages have been read; otherwise 503.</remarks>
    /// <param name="cancellationToken">The request's.</param>
    /// <exception cref="StorageException">It does not answer.</exception>
    /// <exception cref="RegistryException">It is still telling.</exception>
    [HttpGet(ReadyPath), HttpHead(ReadyPath)]
    [ProducesResponseType<Dictionary<string, string>>(StatusCodes.Status200OK, "application/json")]
    public async Task<IActionResult> ReadyAsync(CancellationToken cancellationToken)
    {
        await storage.AskAsync(cancellationToken);
        if (!catalog.IsLoaded)
            throw new RegistryException(
                ErrorCode.Unavailable,
                "The registry has been started and is still reading what packages there are. Try again.");
        return Status(ReadyStatus);
    }

    private ContentResult Status(string status)
    {
        Response.Headers.CacheControl = "no-store";
        return Content($"{{\"status\":\"{status}\"}}\n", "application/json");
    }
}
