using System.Globalization;
using Registry.Bench.Load.Measuring;
using Registry.Bench.Load.Packages;
using Registry.Bench.Load.Processes;

namespace Registry.Bench.Load.Cases;

/// <summary>Pushes of charts by 32 clients to distinct packages, and many releases of one package.</summary>
internal static class Charts
{
    private const int Clients = 32;

    private const int Distinct = 500;
    private const int Pushes = 20;

    /// <summary>Different charts of the version 1.0.0.</summary>
    private static readonly byte[][] Archives =
        [.. Enumerable.Range(0, Distinct).Select(static i => Chart.Create("app", "1.0.0", i))];

    private static readonly byte[][] Bodies =
        [.. Archives.Select(static archive => PushPayload.Create(archive, "1.0.0"))];

    /// <summary>The Helm API takes the name of the package from the chart.</summary>
    private static readonly byte[][] Named =
        [.. Enumerable.Range(0, Distinct).Select(static i => Chart.Create($"package-{i}", "1.0.0", i))];

    private static readonly byte[] Config = Chart.Config("app", "1.0.0");

    /// <summary>Counts across rounds and cases, so that no push repeats another.</summary>
    private static int pushed;

    public static async Task RunAsync(Run run, CancellationToken cancellationToken)
    {
        await using (var sides = await OciSides.StartAsync(run, cancellationToken))
        {
            var bare = Repeated(
                "bare application",
                sides.Bare,
                i => sides.Bare.PostAsync(
                    $"/durable/{i}", PushPayload.Json(Bodies[i % Distinct]), cancellationToken));
            await run.CompareAsync(
                "push of a chart through CNR",
                [ByCnr("registry", sides.Registry, cancellationToken), bare],
                [],
                cancellationToken);
            await run.CompareAsync(
                "push of a chart through the Helm API",
                [ByApi("registry", sides.Registry, cancellationToken), bare],
                [],
                cancellationToken);
            await run.CompareAsync(
                "push of a chart with helm",
                [
                    ByHelm("registry", sides.Registry, cancellationToken),
                    bare,
                    ByHelm("docker-registry", sides.Docker, cancellationToken),
                ],
                [],
                cancellationToken);
        }

        await using var backend = await Backend.StartAsync(run.Servers, "filesystem", cancellationToken);
        await using var registry = await run.Servers.RegistryAsync(backend.Settings, cancellationToken);
        foreach (var side in new[]
            {
                ByHelm("warm-up", registry, cancellationToken), ByCnr("warm-up", registry, cancellationToken),
            })
            await side.Measure(run.Options.WarmUps * run.Options.Round, cancellationToken);
        await registry.PushChartAsync("team/many", "1.0.0", Archives[0], Config, cancellationToken);
        var many = run.Options.Size(5000, 500);
        await Filler.FillChartsAsync(
            backend, "team/many", ["team/many", "team/warm-up"], many, cancellationToken);
        var number = 0;
        await MeasureManyAsync(
            "with helm",
            (package, version, archive) => registry.PushChartAsync(
                package, version, archive, Chart.Config("app", version), cancellationToken));
        await MeasureManyAsync(
            "through CNR",
            (package, version, archive) => registry.PushAsync(
                package, PushPayload.Create(archive, version), cancellationToken));

        async Task MeasureManyAsync(string how, Func<string, string, byte[], Task> push)
        {
            await run.WarmUpAsync(_ => PushAsync("team/warm-up"));

            // The first push reads the index.
            await PushAsync("team/many");
            var before = registry.Cpu;
            for (var i = 0; i < Pushes; i++)
                await PushAsync("team/many");
            var cpu = (registry.Cpu - before) * 1000 / Pushes;
            run.Report.Add(
                $"push of the {many + 1:N0}st release of a chart {how}",
                string.Create(CultureInfo.InvariantCulture, $"{cpu:0.0} ms of processor time"),
                "≤ 60 ms",
                cpu <= 60,
                $"mean of {Pushes} sequential pushes");

            Task PushAsync(string package)
            {
                var version = $"2.0.{number++}";
                return push(package, version, Chart.Create("app", version, 1000 + number));
            }
        }
    }

    /// <summary>Returns a side that pushes charts through CNR.</summary>
    public static Side ByCnr(string name, ServerProcess server, CancellationToken cancellationToken) => Repeated(
        name,
        server,
        i => server.PushAsync($"charts-by-cnr/package-{i}", Bodies[i % Distinct], cancellationToken));

    /// <summary>Returns a side that pushes charts through the Helm API, as curl does.</summary>
    public static Side ByApi(string name, ServerProcess server, CancellationToken cancellationToken) => Repeated(
        name,
        server,
        i => server.PostAsync(
            $"/helm/api/charts-by-api-{i / Distinct}/charts",
            new ByteArrayContent(Named[i % Distinct]),
            cancellationToken));

    /// <summary>Returns a side that pushes charts as helm does.</summary>
    public static Side ByHelm(string name, ServerProcess server, CancellationToken cancellationToken) => Repeated(
        name,
        server,
        i => server.PushChartAsync(
            $"charts-by-helm/package-{i}", "1.0.0", Archives[i % Distinct], Config, cancellationToken));

    /// <summary>Returns a side that pushes as fast as possible.</summary>
    private static Side Repeated(string name, ServerProcess server, Func<int, Task> push) => new(
        name,
        server,
        (duration, token) => Measuring.Clients.RunAsync(
            server, Clients, duration, _ => push(Interlocked.Increment(ref pushed)), token));
}
