using Registry.Bench.Load.Measuring;
using Registry.Bench.Load.Packages;
using Registry.Bench.Load.Processes;

namespace Registry.Bench.Load.Cases;

/// <summary>The same reads over other storages; their servers share the processors with the registry and the load.</summary>
internal static class Backends
{
    public static async Task RunAsync(Run run, CancellationToken ct)
    {
        await using var filesystem = await Backend.StartAsync(run.Servers, "filesystem", ct);
        await using var reference = await StartAsync(run, filesystem, ct);
        foreach (var (name, mark) in new[] { ("redis", 0.4), ("etcd", 0.15) })
        {
            await using var backend = await Backend.StartAsync(run.Servers, name, ct);
            await using var registry = await StartAsync(run, backend, ct);
            foreach (var (what, tail) in new[] { ("show", ""), ("pull, 5 KB", "/pull") })
            {
                var path = $"/api/v1/packages/team/small/1.0.0/helm{tail}";
                await run.CompareAsync(
                    $"{what}, {name}", [Side.Reading("registry", registry, path), Side.Reading("filesystem", reference, path)], [(mark, null)], ct);
            }
        }
    }

    private static async Task<ServerProcess> StartAsync(Run run, Backend backend, CancellationToken ct)
    {
        var registry = await run.Servers.RegistryAsync(backend.Settings, ct);
        await registry.PushAsync("team/small", PushBody.Create(TarGz.Create(5000, 1), "1.0.0"), ct);
        return registry;
    }
}
