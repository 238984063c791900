using Registry.Bench.Load.Measuring;
using Registry.Bench.Load.Packages;
using Registry.Bench.Load.Processes;

namespace Registry.Bench.Load.Cases;

/// <summary>
/// The same reads over other storages; their servers share the processors with the registry and the load generator.
/// </summary>
internal static class Backends
{
    public static async Task RunAsync(Run run, CancellationToken cancellationToken)
    {
        await using var filesystem = await Backend.StartAsync(run.Servers, "filesystem", cancellationToken);
        await using var reference = await StartAsync(run, filesystem, cancellationToken);
        foreach (var (name, target) in new[] { ("redis", 0.8), ("etcd", 0.5) })
        {
            await using var backend = await Backend.StartAsync(run.Servers, name, cancellationToken);
            await using var registry = await StartAsync(run, backend, cancellationToken);
            foreach (var (what, tail) in new[] { ("show", ""), ("pull, 5 KB", "/pull") })
            {
                var path = $"/api/v1/packages/team/small/1.0.0/helm{tail}";
                await run.CompareAsync(
                    $"{what}, {name}", [
                        Side.Reading("registry", registry, path), Side.Reading("filesystem", reference, path)
                    ], [(target, null)], cancellationToken);
            }
        }
    }

    private static async Task<ServerProcess> StartAsync(Run run, Backend backend, CancellationToken cancellationToken)
    {
        var registry = await run.Servers.RegistryAsync(backend.Settings, cancellationToken);
        await registry.PushAsync("team/small", PushPayload.Create(TarGz.Create(5000, 1), "1.0.0"), cancellationToken);
        return registry;
    }
}
