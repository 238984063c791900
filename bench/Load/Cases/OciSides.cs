using Registry.Bench.Load.Measuring;
using Registry.Bench.Load.Processes;

namespace Registry.Bench.Load.Cases;

/// <summary>The registry, the bare application and docker-registry, side by side.</summary>
/// <param name="Registry">The registry.</param>
/// <param name="Bare">The bare application.</param>
/// <param name="Docker">The docker-registry.</param>
/// <param name="Files">The folder that the bare application serves.</param>
internal sealed record OciSides(ServerProcess Registry, ServerProcess Bare, ServerProcess Docker, string Files)
    : IAsyncDisposable
{
    /// <summary>Starts the three.</summary>
    public static async Task<OciSides> StartAsync(Run run, CancellationToken cancellationToken)
    {
        var files = run.Servers.NewFolder("files");
        var backend = await Backend.StartAsync(run.Servers, "filesystem", cancellationToken);
        return new OciSides(
            await run.Servers.RegistryAsync(backend.Settings, cancellationToken),
            await run.Servers.BaselineAsync(files, cancellationToken),
            await run.Servers.DockerRegistryAsync(cancellationToken),
            files);
    }

    /// <summary>Returns the sides of a read.</summary>
    /// <param name="path">The path at both registries.</param>
    /// <param name="bare">The path at the bare application.</param>
    /// <param name="connections">The number of connections.</param>
    /// <param name="headers">The headers of each request.</param>
    public IReadOnlyList<Side> Reading(string path, string bare, int connections, params string[] headers) =>
    [
        Side.Reading("registry", Registry, path, connections, headers),
        Side.Reading("bare application", Bare, bare, connections, headers),
        Side.Reading("docker-registry", Docker, path, connections, headers),
    ];

    public async ValueTask DisposeAsync()
    {
        await Registry.DisposeAsync();
        await Bare.DisposeAsync();
        await Docker.DisposeAsync();
    }
}
