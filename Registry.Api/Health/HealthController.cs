using Microsoft.AspNetCore.Mvc;
using Registry.Api.Access;
using Registry.Api.Http.Errors;
using Registry.Core.Catalog;
using Registry.Core.Errors;
using Registry.Core.Storage;

namespace Registry.Api.Health;

/// <summary>The health checks for orchestrators.</summary>
[ApiController]
internal sealed class HealthController(StorageReadiness storage, PackageCatalog catalog) : ControllerBase
{
    /// <summary>The status of a live process.</summary>
    public const string AliveStatus = "ok";

    /// <summary>The status of a service that can serve requests.</summary>
    public const string ReadyStatus = "ready";

    private const string WaitingFor = "waiting_for";
    private const string Storage = "storage";
    private const string Packages = "packages";

    /// <summary>The path of the liveness check.</summary>
    public const string AlivePath = "/healthz";

    /// <summary>The path of the readiness check.</summary>
    public const string ReadyPath = "/readyz";

    /// <summary>Whether a path is a health check. Probes use the address, not a host name.</summary>
    public static bool IsAt(PathString path) => path.Value?.TrimEnd('/') is AlivePath or ReadyPath;

    /// <summary>Check whether the process is alive</summary>
    /// <remarks>Does not check the storage.</remarks>
    [Public]
    [HttpGet(AlivePath), HttpHead(AlivePath)]
    [ProducesResponseType<Dictionary<string, string>>(StatusCodes.Status200OK, "application/json")]
    public IActionResult Alive() => Status(AliveStatus);

    /// <summary>Check whether requests can be served</summary>
    /// <remarks>
    /// 200 once the storage can be read and all packages are loaded; otherwise 503, and `waiting_for` names `storage`,
    /// `packages` or both.
    /// </remarks>
    /// <exception cref="RegistryException">
    /// The storage cannot be read, or the packages are still being loaded.
    /// </exception>
    [Public]
    [HttpGet(ReadyPath), HttpHead(ReadyPath)]
    [ProducesResponseType<Dictionary<string, string>>(StatusCodes.Status200OK, "application/json")]
    public async Task<IActionResult> ReadyAsync()
    {
        var isLoaded = catalog.IsLoaded;
        try
        {
            await storage.CheckAsync();
        }
        catch (StorageException exception)
        {
            throw new RegistryException(
                ErrorCode.Unavailable,
                ErrorTable.Default.Of(exception).Message,
                exception,
                (WaitingFor, isLoaded ? [Storage] : new[] { Storage, Packages }));
        }

        return isLoaded
            ? Status(ReadyStatus)
            : throw new RegistryException(
                ErrorCode.Unavailable,
                "The registry is starting and still loading its packages. Try again.",
                (WaitingFor, new[] { Packages }));
    }

    private ContentResult Status(string status)
    {
        Response.Headers.CacheControl = "no-store";
        return Content($"{{\"status\":\"{status}\"}}\n", "application/json");
    }
}
