using Registry.Bench.Load.Measuring;
using Registry.Bench.Load.Packages;
using Registry.Bench.Load.Processes;

namespace Registry.Bench.Load.Cases;

/// <summary>Memory use must not depend on the size of packages.</summary>
internal static class Memory
{
    private const int Clients = 32;

    private static readonly (string, string)[] Raised =
        [
            ("LIMITS__REQUESTBYTES", $"{4L << 30}"), ("LIMITS__PACKAGEBYTES", $"{2L << 30}"),
            ("LIMITS__UNPACKEDBYTES", $"{4L << 30}")
        ];

    public static async Task RunAsync(Run run, CancellationToken cancellationToken)
    {
        var (large, each) = (run.Options.Size(1024, 64), run.Options.Size(64, 4));
        await MeasureAsync(
            run, $"push and pull of one package of {large} MiB", 64, (registry, bytes) =>
                PushAndPullAsync(registry, "one", bytes, cancellationToken), (long)large << 20, cancellationToken);
        await MeasureAsync(
            run,
            $"32 clients, each pushing and pulling a package of {each} MiB",
            128,
            (registry, bytes) =>
                Task.WhenAll(
                    Enumerable.Range(0, Clients)
                        .Select(i => PushAndPullAsync(registry, $"package-{i}", bytes, cancellationToken))),
            (long)each << 20,
            cancellationToken);
    }

    private static async Task MeasureAsync(
        Run run,
        string name,
        int target,
        Func<ServerProcess, long, Task> act,
        long bytes,
        CancellationToken cancellationToken)
    {
        await using var backend = await Backend.StartAsync(run.Servers, "filesystem", cancellationToken);
        await using var registry = await run.Servers.RegistryAsync([.. backend.Settings, .. Raised], cancellationToken);

        // The idle size is measured after the first requests, so that compiled code does not count.
        for (var i = 0; i < 3; i++)
            await PushAndPullAsync(registry, $"first-{i}", 1 << 20, cancellationToken);
        await Task.Delay(TimeSpan.FromSeconds(1), cancellationToken);
        registry.ResetPeak();
        var idle = registry.Resident;
        await act(registry, bytes);
        var over = registry.Peak - idle;
        run.Report.Add(
            $"memory: {name}",
            $"{Report.Size(over)} MiB above idle",
            $"≤ {target} MiB",
            over <= (long)target << 20,
            $"idle: {Report.Size(idle)} MiB");
    }

    private static async Task PushAndPullAsync(
        ServerProcess registry, string name, long bytes, CancellationToken cancellationToken)
    {
        await registry.PostAsync(
            $"/api/v1/packages/team/{name}",
            PushPayload.Streamed(bytes, name.GetHashCode(StringComparison.Ordinal), "1.0.0"),
            cancellationToken);
        await registry.GetAsync($"/api/v1/packages/team/{name}/1.0.0/helm/pull", cancellationToken);
    }
}
