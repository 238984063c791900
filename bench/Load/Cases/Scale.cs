using System.Diagnostics;
using Registry.Bench.Load.Measuring;
using Registry.Bench.Load.Packages;
using Registry.Bench.Load.Processes;

namespace Registry.Bench.Load.Cases;

/// <summary>Lists and searches of a large registry during pushes, half of them through another replica.</summary>
internal static class Scale
{
    private const double PushesPerSecond = 20;
    private const double ReadsPerSecond = 50;
    private const int Comparisons = 30;

    /// <summary>
    /// The interval of readiness checks. An orchestrator checks every few seconds; each check costs a storage request
    /// and a log line.
    /// </summary>
    private static readonly TimeSpan ReadyInterval = TimeSpan.FromMilliseconds(50);

    /// <summary>The maximum duration of the first search, in seconds, if the catalog was loaded before it.</summary>
    private const double MaxFirstSearchSeconds = 0.25;

    public static async Task RunAsync(Run run, string name, CancellationToken cancellationToken)
    {
        await using var backend = await Backend.StartAsync(run.Servers, name, cancellationToken);
        var filled = 0;
        foreach (var packages in new[] { run.Options.Size(10_000, 500), run.Options.Size(100_000, 1000) })
        {
            await Filler.FillAsync(backend, filled, packages, cancellationToken);
            filled = packages;
            await MeasureAsync(
                run, backend, packages, hasTarget: packages == run.Options.Size(100_000, 1000), cancellationToken);
        }
    }

    private static async Task MeasureAsync(
        Run run, Backend backend, int packages, bool hasTarget, CancellationToken cancellationToken)
    {
        var where = $"{backend.Name}, {packages:N0} packages";
        var began = Stopwatch.GetTimestamp();
        await using var registry = run.Servers.LaunchRegistry(backend.Settings);
        await registry.WaitForResponseAsync("/readyz", ReadyInterval, cancellationToken);
        var ready = Stopwatch.GetElapsedTime(began).TotalSeconds;
        await registry.GetAsync(Search(packages / 2), cancellationToken);
        var searched = Stopwatch.GetElapsedTime(began).TotalSeconds;
        run.Report.Add(
            $"{where}: start to first search response",
            $"{searched:0.0} s",
            hasTarget ? "≤ 5 s, and `/readyz` is ready" : null,
            searched <= 5 && searched - ready <= MaxFirstSearchSeconds,
            $"`/readyz` was ready after {ready:0.0} s");

        await using var other = await run.Servers.RegistryAsync(backend.Settings, cancellationToken);
        var body = PushPayload.Create(TarGz.Create(5000, 1), "2.0.0", force: true);
        await LoadAsync(run.Options.WarmUps * run.Options.Round, faster: 10);
        registry.ResetPeak();
        var (search, list, push) = await LoadAsync(10 * run.Options.Round, faster: 1);
        var remark = $"median {{0:0.0}} ms; with {PushesPerSecond:0} pushes per second, median {push.P50:0} ms";
        run.Report.Add(
            $"{where}: search",
            $"p99 {search.P99:0.0} ms",
            hasTarget ? "≤ 10 ms" : null,
            search.P99 <= 10,
            string.Format(null, remark, search.P50));
        run.Report.Add(
            $"{where}: list of a namespace",
            $"p99 {list.P99:0.0} ms",
            hasTarget ? "≤ 20 ms" : null,
            list.P99 <= 20,
            string.Format(null, remark, list.P50));

        var quiet = await TimeAsync(static () => Task.CompletedTask);
        var pushed = await TimeAsync(() => other.PushAsync(Filler.Name(packages / 3), body, cancellationToken));
        run.Report.Add(
            $"{where}: extra time of a search after a push",
            $"{pushed - quiet:0.0} ms",
            remark: $"a search takes {quiet:0.0} ms without a push, {pushed:0.0} ms after a push by another replica");
        await Task.Delay(TimeSpan.FromSeconds(1), cancellationToken);
        run.Report.Add(
            $"{where}: steady memory", $"{Report.Size(registry.Resident)} MiB", hasTarget
                ? "≤ 400 MiB"
                : null, registry.Resident <= 400L << 20, $"peak under load: {Report.Size(registry.Peak)} MiB");

        async Task<(Sample Search, Sample List, Sample Push)> LoadAsync(TimeSpan duration, int faster)
        {
            var pushing = Clients.PaceAsync(
                other, 8, faster
                    * PushesPerSecond, phase: 0, duration, i =>
                        (i % 2 == 0 ? registry : other).PushAsync(
                            Filler.Name(i * 7919 % packages), body, cancellationToken), cancellationToken);
            var searching = Clients.PaceAsync(
                registry,
                8,
                faster * ReadsPerSecond,
                phase: 0.25,
                duration,
                i => registry.GetAsync(Search(i * 104729 % packages), cancellationToken),
                cancellationToken);
            var listing = Clients.PaceAsync(
                registry,
                8,
                faster * ReadsPerSecond,
                phase: 0.75,
                duration,
                i => registry.GetAsync(Namespace(i * 104729 % packages), cancellationToken),
                cancellationToken);
            return (await searching, await listing, await pushing);
        }

        async Task<double> TimeAsync(Func<Task> before)
        {
            var times = new List<double>();
            for (var i = 0; i < Comparisons; i++)
            {
                await before();
                var start = Stopwatch.GetTimestamp();
                await registry.GetAsync(Search(packages / 2), cancellationToken);
                times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            }

            return Statistics.Median(times);
        }
    }

    private static string Search(
        int number) => $"/api/v1/packages/search?q={Uri.EscapeDataString(Filler.Name(number)[..^1])}";

    private static string Namespace(int number) => $"/api/v1/packages?namespace={Filler.Name(number).Split('/')[0]}";
}
