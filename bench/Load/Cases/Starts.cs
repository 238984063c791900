using System.Diagnostics;
using Registry.Bench.Load.Measuring;
using Registry.Bench.Load.Packages;
using Registry.Bench.Load.Processes;

namespace Registry.Bench.Load.Cases;

/// <summary>The time from the start of the process to its first response.</summary>
internal static class Starts
{
    public static async Task RunAsync(Run run, CancellationToken cancellationToken)
    {
        var files = run.Servers.NewFolder("files");
        await File.WriteAllTextAsync(Path.Combine(files, "empty"), "[]", cancellationToken);
        foreach (var packages in new[] { 0, run.Options.Size(10_000, 1000) })
        {
            await using var backend = await Backend.StartAsync(run.Servers, "filesystem", cancellationToken);
            if (packages > 0)
                await Filler.FillAsync(backend, 0, packages, cancellationToken);
            var path = packages == 0 ? "/api/v1/packages" : $"/api/v1/packages/{Filler.Name(packages / 2)}";
            var (registry, bare) = (new List<double>(), new List<double>());
            for (var round = 0; round <= run.Options.Rounds; round++)
            {
                registry.Add(
                    await TimeAsync(() => run.Servers.LaunchRegistry(backend.Settings), path, cancellationToken));
                bare.Add(
                    await TimeAsync(() => run.Servers.LaunchBaseline(files), "/prepared/empty", cancellationToken));
            }

            // The first start of each reads its files from disk, all others from memory.
            var ratios = registry.Zip(bare, static (one, other) => one / other).Skip(1).Order().ToList();
            var median = Statistics.At(ratios, 0.5);
            run.Report.Add(
                packages == 0 ? "start to first response, empty" : $"start to first response, {packages:N0} packages",
                $"{median:0.00} × the bare application ({ratios[0]:0.00}–{ratios[^1]:0.00})",
                "≤ 1.5 ×",
                median <= 1.5,
                $"{Statistics.Median(registry.Skip(1)):0} ms / {Statistics.Median(bare.Skip(1)):0} ms");
        }
    }

    private static async Task<double> TimeAsync(
        Func<ServerProcess> launch, string path, CancellationToken cancellationToken)
    {
        var began = Stopwatch.GetTimestamp();
        await using var server = launch();
        await server.WaitForResponseAsync(path, cancellationToken);
        return Stopwatch.GetElapsedTime(began).TotalMilliseconds;
    }
}
