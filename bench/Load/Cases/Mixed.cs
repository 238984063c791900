using System.Diagnostics;
using Registry.Bench.Load.Measuring;
using Registry.Bench.Load.Packages;
using Registry.Bench.Load.Processes;

namespace Registry.Bench.Load.Cases;

/// <summary>A mixed load on data of constant size: the memory of the process must be constant, too.</summary>
internal static class Mixed
{
    private const int Concurrency = 8;
    private const int Packages = 200;
    private const int Releases = 5;

    /// <summary>
    /// The allowed ratio between the last quarter and the second: a collection may just have run or be due.
    /// </summary>
    private const double Slack = 1.1;

    public static async Task RunAsync(Run run, CancellationToken cancellationToken)
    {
        await using var backend = await Backend.StartAsync(run.Servers, "filesystem", cancellationToken);
        await using var registry = await run.Servers.RegistryAsync(
            [
                .. backend.Settings, ("COLLECTION__PERIODSECONDS", "10"), ("COLLECTION__GRACESECONDS", "60")
            ], cancellationToken);
        var bodies = Enumerable.Range(0, Releases)
            .Select(static i => PushPayload.Create(TarGz.Create(5000, i), $"1.0.{i}", force: true))
            .ToArray();
        var large = PushPayload.Create(TarGz.Create(1_000_000, 99), "1.0.0", force: true);
        await registry.PushAsync("team/large", large, cancellationToken);
        for (var i = 0; i < Packages; i++)
            await registry.PushAsync(Name(i), bodies[0], cancellationToken);

        var duration = TimeSpan.FromSeconds(run.Options.MixedSeconds);
        using var sampling = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var resident = WatchAsync(registry, duration, sampling.Token);
        var result = await Clients.RunAsync(registry, Concurrency, duration, ActAsync, cancellationToken);
        await sampling.CancelAsync();
        var samples = await resident;
        var (early, late) = (Median(1), Median(3));
        run.Report.Add(
            $"memory over {run.Options.MixedSeconds} s of mixed load",
            $"{late / early:0.00} × ({Report.Size(early)} MiB in the second quarter, {Report.Size(late)} MiB in the "
                + "last)",
            $"flat: ≤ {Slack:0.0} ×",
            late <= early * Slack,
            $"{result.Rate:#,0} requests per second; peak {Report.Size(registry.Peak)} MiB");

        double Median(
            int quarter) =>
            Statistics.Median(samples.Skip(samples.Count * quarter / 4).Take(Math.Max(1, samples.Count / 4)));

        Task ActAsync(int number) => (number % 16) switch
        {
            0 => registry.PushAsync(Name(number / 16), bodies[number / 16 / Packages % Releases], cancellationToken),
            1 => registry.GetAsync("/api/v1/packages", cancellationToken),
            2 => registry.GetAsync("/api/v1/packages/search?q=1", cancellationToken),
            3 => registry.GetAsync("/api/v1/packages/team/large/1.0.0/helm/pull", cancellationToken),
            4 => registry.GetAsync("/api/v1/packages/team/large/1.0.0/helm/pull/json", cancellationToken),
            5 when number / 16 % 64 == 0 => registry.PushAsync("team/large", large, cancellationToken),
            < 8 => registry.GetAsync($"/api/v1/packages/{Name(number)}", cancellationToken),
            < 12 => registry.GetAsync($"/api/v1/packages/{Name(number)}/default/helm", cancellationToken),
            _ => registry.GetAsync($"/api/v1/packages/{Name(number)}/1.0.0/helm/pull", cancellationToken),
        };
    }

    private static string Name(int number) => $"team/package-{number % Packages}";

    private static async Task<List<double>> WatchAsync(
        ServerProcess registry, TimeSpan duration, CancellationToken cancellationToken)
    {
        var samples = new List<double>();
        var began = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(began) < duration && !cancellationToken.IsCancellationRequested)
        {
            samples.Add(registry.Resident);
            await Task.Delay(TimeSpan.FromMilliseconds(250), cancellationToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return samples;
    }
}
