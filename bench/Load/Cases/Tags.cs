using System.Globalization;
using Registry.Bench.Load.Measuring;
using Registry.Bench.Load.Packages;
using Registry.Bench.Load.Processes;

namespace Registry.Bench.Load.Cases;

/// <summary>The list of many tags.</summary>
internal static class Tags
{
    private const string List = "/v2/team/app/tags/list";
    private const double PerSecond = 50;

    public static async Task RunAsync(Run run, CancellationToken cancellationToken)
    {
        await using var backend = await Backend.StartAsync(run.Servers, "filesystem", cancellationToken);
        await using var registry = await run.Servers.RegistryAsync(backend.Settings, cancellationToken);
        await using var docker = await run.Servers.DockerRegistryAsync(cancellationToken);
        var tags = run.Options.Size(5000, 200);
        var (archive, config) = (Chart.Create("app", "1.0.0", 1), Chart.Config("app", "1.0.0"));
        await registry.PushChartAsync("team/app", "1.0.0", archive, config, cancellationToken);
        var manifest = await docker.PushChartAsync("team/app", "1.0.0", archive, config, cancellationToken);
        await Filler.FillChartsAsync(backend, "team/app", ["team/app"], tags, cancellationToken);
        await Parallel.ForAsync(1, tags, cancellationToken, async (i, token) =>
            await docker.PutManifestAsync("team/app", $"1.{i / 100}.{i % 100}", manifest, token));

        var beside = await MeasureAsync(docker);
        var whole = await MeasureAsync(registry);
        run.Report.Add(
            $"tags list of {tags:N0}",
            string.Create(CultureInfo.InvariantCulture, $"p99 {whole.P99:0.0} ms"),
            "≤ 10 ms",
            whole.P99 <= 10,
            $"{Describe(whole)}; docker-registry: p99 {beside.P99:0.0} ms, {Describe(beside)}");
        var known = await MeasureAsync(
            registry, ("If-None-Match", await registry.TagAsync(List, cancellationToken)));
        run.Report.Add(
            $"tags list of {tags:N0}: 304",
            string.Create(CultureInfo.InvariantCulture, $"p99 {known.P99:0.0} ms"),
            "≤ 2 ms",
            known.P99 <= 2,
            Describe(known));

        async Task<Sample> MeasureAsync(ServerProcess server, params (string, string)[] headers)
        {
            await PaceAsync(run.Options.WarmUps * run.Options.Round);
            return await PaceAsync(5 * run.Options.Round);

            Task<Sample> PaceAsync(TimeSpan duration) => Clients.PaceAsync(
                server,
                1,
                PerSecond,
                phase: 0,
                duration,
                _ => server.GetAsync(List, headers, cancellationToken),
                cancellationToken);
        }
    }

    private static string Describe(Sample sample) => string.Create(
        CultureInfo.InvariantCulture,
        $"median {sample.P50:0.0} ms, {sample.Cpu / 1000:0.0} ms of processor time; "
            + $"one client at {PerSecond} a second");
}
