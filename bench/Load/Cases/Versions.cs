using Registry.Bench.Load.Measuring;
using Registry.Bench.Load.Packages;
using Registry.Bench.Load.Processes;

namespace Registry.Bench.Load.Cases;

/// <summary>
/// The requests of CNR clients, compared with an earlier version of the registry that supports neither OCI nor Helm
/// clients.
/// </summary>
internal static class Versions
{
    private const string Chart = "team/chart";

    public static async Task RunAsync(Run run, CancellationToken cancellationToken)
    {
        if (run.Options.Against is not { } folder)
        {
            Console.WriteLine("Not measured: --against does not name an earlier version.");
            return;
        }

        await using var backend = await Backend.StartAsync(run.Servers, "filesystem", cancellationToken);
        await using var earlier = await Backend.StartAsync(run.Servers, "filesystem", cancellationToken);
        await using var registry = await run.Servers.RegistryAsync(backend.Settings, cancellationToken);
        await using var before =
            await run.Servers.OtherVersionAsync(folder, earlier.Settings, cancellationToken);
        foreach (var server in new[] { registry, before })
        {
            foreach (var name in Enumerable.Range(0, 9).Select(static i => $"team/other-{i}").Append(Chart))
                await server.PushAsync(
                    name, PushPayload.Create(Packages.Chart.Create("app", "1.0.0", 1), "1.0.0"), cancellationToken);
        }

        const string Path = $"/api/v1/packages/{Chart}";
        await CompareAsync("show", $"{Path}/1.0.0/helm", 32);
        await CompareAsync("pull", $"{Path}/1.0.0/helm/pull", 32);
        await CompareAsync("list of 10", "/api/v1/packages", 32);

        var many = run.Options.Size(5000, 500);
        await Filler.FillChartsAsync(backend, Chart, [Chart], many, cancellationToken);
        await Filler.MultiplyAsync(earlier, Chart, many, cancellationToken);
        await CompareAsync($"show in a package of {many:N0} charts", $"{Path}/1.0.0/helm", 32);
        await CompareAsync($"pull in a package of {many:N0} charts", $"{Path}/1.0.0/helm/pull", 32);
        await CompareAsync($"list of {many:N0} charts", Path, 2);

        await ComparePushesAsync("push of a chart through CNR", Charts.ByCnr("registry", registry, cancellationToken));
        await ComparePushesAsync(
            "push of a chart through the Helm API", Charts.ByApi("registry", registry, cancellationToken));
        await ComparePushesAsync("push of a chart with helm", Charts.ByHelm("registry", registry, cancellationToken));

        Task CompareAsync(string name, string path, int connections) => run.CompareAsync(
            $"{name}, versions",
            [
                Side.Reading("registry", registry, path, connections),
                Side.Reading("earlier version", before, path, connections),
            ],
            [(0.9, null)],
            cancellationToken);

        Task ComparePushesAsync(string name, Side side) => run.CompareAsync(
            $"{name}, versions",
            [side, Charts.ByCnr("earlier version, through CNR", before, cancellationToken)],
            [(0.7, null)],
            cancellationToken);
    }
}
