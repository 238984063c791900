using Registry.Bench.Load.Measuring;
using Registry.Bench.Load.Packages;
using Registry.Bench.Load.Processes;

namespace Registry.Bench.Load.Cases;

/// <summary>The cost of metrics: a registry that serves them, beside one that does not.</summary>
internal static class Metrics
{
    /// <summary>The additional warm-up, in multiples of the usual one.</summary>
    private const int MoreWarmUps = 4;

    public static async Task RunAsync(Run run, CancellationToken cancellationToken)
    {
        await using var observed = await Backend.StartAsync(run.Servers, "filesystem", cancellationToken);
        await using var plain = await Backend.StartAsync(run.Servers, "filesystem", cancellationToken);
        await using var registry = await run.Servers.RegistryAsync(
            [.. observed.Settings, ("TELEMETRY__PORT", $"{ServerProcess.FreePort()}")], cancellationToken);
        await using var without = await run.Servers.RegistryAsync(plain.Settings, cancellationToken);
        foreach (var server in new[] { registry, without })
            await server.PushAsync(
                "team/small", PushPayload.Create(TarGz.Create(5000, 1), "1.0.0"), cancellationToken);
        foreach (var (what, tail) in new[] { ("show", ""), ("pull, 5 KB", "/pull") })
        {
            var path = $"/api/v1/packages/team/small/1.0.0/helm{tail}";
            Side[] sides =
            [
                Side.Reading("registry", registry, path), Side.Reading("without metrics", without, path),
            ];

            // The difference is small, so the code must be fully optimized before it is measured.
            foreach (var side in sides)
                await side.Measure(MoreWarmUps * run.Options.WarmUps * run.Options.Round, cancellationToken);
            await run.CompareAsync(
                $"{what}, with metrics",
                sides,
                [(0.9, null)],
                cancellationToken);
        }
    }
}
