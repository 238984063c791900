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

        // The bare application shows what a response takes at this rate on this machine.
        var files = run.Servers.NewFolder("files");
        await registry.SaveAsync(List, files, "tags", cancellationToken);
        await using var bare = await run.Servers.BaselineAsync(files, cancellationToken);
        Report(
            $"tags list of {tags:N0}",
            10,
            await MeasureAsync(registry, List),
            ("docker-registry", await MeasureAsync(docker, List)),
            ("bare application", await MeasureAsync(bare, "/prepared/tags")));
        Report(
            $"tags list of {tags:N0}: 304",
            2,
            await MeasureAsync(registry, List, await registry.TagAsync(List, cancellationToken)),
            ("bare application", await MeasureAsync(
                bare, "/known/tags", await bare.TagAsync("/known/tags", cancellationToken))));

        async Task<Sample> MeasureAsync(ServerProcess server, string path, string? known = null)
        {
            await PaceAsync(10 * PerSecond, run.Options.WarmUps * run.Options.Round);
            return await PaceAsync(PerSecond, 5 * run.Options.Round);

            Task<Sample> PaceAsync(double perSecond, TimeSpan duration) => Clients.PaceAsync(
                server,
                1,
                perSecond,
                phase: 0,
                duration,
                _ => server.GetAsync(path, known is null ? [] : [("If-None-Match", known)], cancellationToken),
                cancellationToken);
        }

        void Report(string what, double limit, Sample own, params (string Name, Sample Sample)[] others) =>
            run.Report.Add(
                what,
                string.Create(CultureInfo.InvariantCulture, $"p99 {own.P99:0.0} ms"),
                $"≤ {limit} ms",
                own.P99 <= limit,
                $"{Describe(own)}; one client at {PerSecond} requests per second; "
                    + string.Join("; ", others.Select(static other => string.Create(
                        CultureInfo.InvariantCulture,
                        $"{other.Name}: p99 {other.Sample.P99:0.0} ms, {Describe(other.Sample)}"))));
    }

    private static string Describe(Sample sample) => string.Create(
        CultureInfo.InvariantCulture, $"median {sample.P50:0.0} ms, {sample.Cpu / 1000:0.0} ms of processor time");
}
