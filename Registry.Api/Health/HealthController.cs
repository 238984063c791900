using Microsoft.AspNetCore.Mvc;
using Registry.Core.Catalog;
using Registry.Core.Errors;
using Registry.Core.Storage;

namespace Registry.Api.Health;

/// <summary>What an orchestrator asks.</summary>
[ApiController]
[ApiExplorerSettings(IgnoreApi = true)]
internal sealed class HealthController(StorageProbe storage, PackageCatalog catalog) : ControllerBase
{
    private const string AlivePath = "/healthz";
    private const string ReadyPath = "/readyz";

    /// <summary>Whether a path is one of health, which is asked for by address and not by name.</summary>
    public static bool IsAt(PathString path) => path.Value?.TrimEnd('/') is AlivePath or ReadyPath;

    /// <summary>Whether the process is alive: nothing else is asked.</summary>
    [HttpGet(AlivePath), HttpHead(AlivePath)]
    public IActionResult Alive() => Status("ok");

    /// <summary>Whether requests can be served: the storage answers, and has told once what packages there are. Otherwise 503, in the error form.</summary>
    /// <exception cref="StorageException">It does not answer.</exception>
    /// <exception cref="RegistryException">It is still telling.</exception>
    [HttpGet(ReadyPath), HttpHead(ReadyPath)]
    public async Task<IActionResult> ReadyAsync(CancellationToken ct)
    {
        await storage.AskAsync(ct);
        if (!catalog.IsLoaded)
            throw new RegistryException(ErrorCode.Unavailable, "The registry has been started and is still reading what packages there are. Try again.");
        return Status("ready");
    }

    private ContentResult Status(string status)
    {
        Response.Headers.CacheControl = "no-store";
        return Content($"{{\"status\":\"{status}\"}}\n", "application/json");
    }
}
