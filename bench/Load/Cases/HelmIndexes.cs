using System.Diagnostics;
using System.Globalization;
using Registry.Bench.Load.Measuring;
using Registry.Bench.Load.Packages;
using Registry.Bench.Load.Processes;

namespace Registry.Bench.Load.Cases;

/// <summary>Indexes of large Helm repositories.</summary>
internal static class HelmIndexes
{
    private const string Index = "/helm/charts/index.yaml";
    private const string Template = "charts/chart-0000";
    private const int Releases = 50;
    private const double PerSecond = 20;

    /// <summary>How often the index is read after a push.</summary>
    private const int Pushes = 20;

    public static async Task RunAsync(Run run, CancellationToken cancellationToken)
    {
        foreach (var name in new[] { "filesystem", "redis", "etcd" })
        {
            await using var backend = await Backend.StartAsync(run.Servers, name, cancellationToken);
            await using var registry = await run.Servers.RegistryAsync(backend.Settings, cancellationToken);
            var packages = run.Options.Size(100, 10);
            await FillAsync(backend, registry, packages, cancellationToken);
            var what = $"index.yaml of {packages * Releases:N0} versions in {packages:N0} packages, {name}";
            if (name == "filesystem")
                await ReadAsync(run, registry, what, cancellationToken);
            await PushAsync(run, backend, registry, what, cancellationToken);
        }

        await using var large = await Backend.StartAsync(run.Servers, "filesystem", cancellationToken);
        await using (var registry = await run.Servers.RegistryAsync(large.Settings, cancellationToken))
            await FillAsync(large, registry, run.Options.Size(1000, 20), cancellationToken);
        await ReadLargeAsync(run, large, run.Options.Size(1000, 20), cancellationToken);
    }

    private static async Task FillAsync(
        Backend backend, ServerProcess registry, int packages, CancellationToken cancellationToken)
    {
        await registry.PushChartAsync(
            Template,
            "1.0.0",
            Chart.Create("chart-0000", "1.0.0", 1),
            Chart.Config("chart-0000", "1.0.0"),
            cancellationToken);
        await Filler.FillChartsAsync(
            backend, Template, Enumerable.Range(0, packages).Select(Name), Releases, cancellationToken);
    }

    /// <summary>One client reads the index at a constant rate.</summary>
    private static async Task ReadAsync(
        Run run, ServerProcess registry, string what, CancellationToken cancellationToken)
    {
        var tag = await registry.TagAsync(Index, cancellationToken);
        foreach (var (name, limit, headers) in new (string, double, (string, string)[])[]
            {
                ("identity", 40, []),
                ("gzip", 20, [("Accept-Encoding", "gzip")]),
                ("304", 2, [("If-None-Match", tag)]),
            })
        {
            await MeasureAsync(10 * PerSecond, run.Options.WarmUps * run.Options.Round);
            var sample = await MeasureAsync(PerSecond, 10 * run.Options.Round);
            run.Report.Add(
                $"{what}: {name}",
                string.Create(CultureInfo.InvariantCulture, $"p99 {sample.P99:0.0} ms"),
                $"≤ {limit} ms",
                sample.P99 <= limit,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"median {sample.P50:0.0} ms, {sample.Cpu / 1000:0.0} ms of processor time; "
                        + $"one client at {PerSecond} requests per second"));

            Task<Sample> MeasureAsync(double perSecond, TimeSpan duration) => Clients.PaceAsync(
                registry,
                1,
                perSecond,
                phase: 0,
                duration,
                _ => registry.GetAsync(Index, headers, cancellationToken),
                cancellationToken);
        }
    }

    /// <summary>Reads the index right after another replica has pushed a chart.</summary>
    private static async Task PushAsync(
        Run run, Backend backend, ServerProcess registry, string what, CancellationToken cancellationToken)
    {
        await using var other = await run.Servers.RegistryAsync(backend.Settings, cancellationToken);
        var times = new List<double>();
        for (var i = 0; i < Pushes + run.Options.WarmUps; i++)
        {
            var version = $"2.0.{i}";
            await other.PushChartAsync(
                Name(i),
                version,
                Chart.Create(Name(i)[7..], version, i),
                Chart.Config(Name(i)[7..], version),
                cancellationToken);
            var began = Stopwatch.GetTimestamp();
            await registry.GetAsync(Index, cancellationToken);
            if (i >= run.Options.WarmUps)
                times.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
        }

        var median = Statistics.Median(times);
        run.Report.Add(
            $"{what}: the first GET after a push by another replica",
            string.Create(CultureInfo.InvariantCulture, $"median {median:0.0} ms"),
            "≤ 50 ms",
            median <= 50,
            string.Create(CultureInfo.InvariantCulture, $"slowest of {Pushes}: {times.Max():0.0} ms"));
    }

    private static async Task ReadLargeAsync(
        Run run, Backend backend, int packages, CancellationToken cancellationToken)
    {
        var what = $"index.yaml of {packages * Releases:N0} versions in {packages:N0} packages";
        await using (var registry = await run.Servers.RegistryAsync(backend.Settings, cancellationToken))
        {
            var (times, read) = (new List<(double First, double Whole)>(), 0L);
            for (var i = 0; i < run.Options.WarmUps + run.Options.Rounds; i++)
            {
                (var time, read) = await TimeAsync(registry, cancellationToken);
                times.Add(time);
            }

            var later = times.Skip(run.Options.WarmUps).ToList();
            var (first, whole) =
                (Statistics.Median(later.Select(static time => time.First)),
                    Statistics.Median(later.Select(static time => time.Whole)));
            run.Report.Add(
                $"{what}: first byte",
                $"{first:0} ms",
                "≤ 500 ms",
                first <= 500,
                $"{times[0].First:0} ms after the start");
            run.Report.Add(
                $"{what}: whole",
                $"{whole:0} ms",
                "≤ 3 s",
                whole <= 3000,
                $"{times[0].Whole:0} ms after the start; {Report.Size(read)} MiB");
        }

        // Without caches, so that cached data does not count.
        await using var uncached = await run.Servers.RegistryAsync(
            [.. backend.Settings, ("CACHE__INDEXBYTES", "0"), ("CACHE__CHARTBYTES", "0")], cancellationToken);
        await uncached.GetAsync("/api/v1/packages?namespace=none", cancellationToken);
        uncached.ResetPeak();
        var idle = uncached.Resident;
        await TimeAsync(uncached, cancellationToken);
        var over = uncached.Peak - idle;
        run.Report.Add(
            $"{what}: memory",
            $"{Report.Size(over)} MiB above idle",
            "≤ 64 MiB",
            over <= 64L << 20,
            $"without caches; idle: {Report.Size(idle)} MiB");
    }

    /// <summary>Reads the index; returns the times in milliseconds, and the length in bytes.</summary>
    private static async Task<((double First, double Whole) Time, long Bytes)> TimeAsync(
        ServerProcess registry, CancellationToken cancellationToken)
    {
        var began = Stopwatch.GetTimestamp();
        await using var body = await registry.Client.GetStreamAsync(Index, cancellationToken);
        var (buffer, bytes) = (new byte[64 << 10], 0L);
        bytes += await body.ReadAsync(buffer, cancellationToken);
        var first = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        int read;
        while ((read = await body.ReadAsync(buffer, cancellationToken)) > 0)
            bytes += read;
        return ((first, Stopwatch.GetElapsedTime(began).TotalMilliseconds), bytes);
    }

    private static string Name(int number) => $"charts/chart-{number:d4}";
}
