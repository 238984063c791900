using System.Diagnostics;
using Registry.Bench.Load.Measuring;
using Registry.Bench.Load.Packages;
using Registry.Bench.Load.Processes;

namespace Registry.Bench.Load.Cases;

/// <summary>Packages with many releases.</summary>
internal static class Releases
{
    private const int Pushes = 20;

    public static async Task RunAsync(Run run, CancellationToken cancellationToken)
    {
        await using var backend = await Backend.StartAsync(run.Servers, "filesystem", cancellationToken);
        await using var registry = await run.Servers.RegistryAsync(backend.Settings, cancellationToken);
        var many = run.Options.Size(5000, 500);
        foreach (var (name, releases) in new[] { ("one", 1), ("thousand", 1000), ("many", many), ("warm-up", many) })
        {
            await registry.PushAsync(
                $"team/{name}", PushPayload.Create(TarGz.Create(5000, releases), "1.0.0"), cancellationToken);
            if (releases > 1)
                await Filler.MultiplyAsync(backend, $"team/{name}", releases, cancellationToken);
        }

        foreach (var (name, tail) in new[] { ("show", ""), ("pull, 5 KB", "/pull") })
            await run.CompareAsync(
                $"{name} in a package of {many:N0} releases",
                [
                    Side.Reading("registry", registry, $"/api/v1/packages/team/many/1.0.0/helm{tail}"),
                    Side.Reading("package of one release", registry, $"/api/v1/packages/team/one/1.0.0/helm{tail}"),
                ],
                [(0.8, null)],
                cancellationToken);

        var thousand = await TimeAsync(run, registry, "/api/v1/packages/team/thousand", cancellationToken);
        run.Report.Add("all releases of a package of 1,000", $"{thousand:0.0} ms", "≤ 30 ms", thousand <= 30);
        var all = await TimeAsync(run, registry, "/api/v1/packages/team/many", cancellationToken);
        run.Report.Add(
            $"all releases of a package of {many:N0}",
            $"{all:0.0} ms",
            $"linear: ≤ {many / 1000.0 * 1.5:0.#} × that of 1,000",
            all <= thousand * many / 1000 * 1.5);

        await run.WarmUpAsync(
            i => registry.PushAsync(
                "team/warm-up", PushPayload.Create(TarGz.Create(5000, 20_000 + i), $"2.0.{i}"), cancellationToken));
        var bodies = Enumerable.Range(0, Pushes)
            .Select(i => PushPayload.Create(TarGz.Create(5000, 9000 + i), $"2.0.{i}"))
            .ToArray();
        var before = registry.Cpu;
        foreach (var body in bodies)
            await registry.PushAsync("team/many", body, cancellationToken);
        var cpu = (registry.Cpu - before) * 1000 / Pushes;
        run.Report.Add(
            $"push of the {many + 1:N0}st release", $"{cpu:0.0} ms of processor time", "≤ 30 ms", cpu <= 30,
            $"mean of {Pushes} sequential pushes");
    }

    private static async Task<double> TimeAsync(
        Run run, ServerProcess registry, string path, CancellationToken cancellationToken)
    {
        await run.WarmUpAsync(_ => registry.GetAsync(path, cancellationToken));
        var times = new List<double>();
        for (var i = 0; i < 30; i++)
        {
            var began = Stopwatch.GetTimestamp();
            await registry.GetAsync(path, cancellationToken);
            times.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
        }

        return Statistics.Median(times);
    }
}
