using Registry.Bench.Load.Measuring;
using Registry.Bench.Load.Packages;
using Registry.Bench.Load.Processes;

namespace Registry.Bench.Load.Cases;

/// <summary>Pushes of 5 KB by 32 clients, each acknowledged when it is durable.</summary>
internal static class Pushes
{
    private const int Clients = 32;

    /// <summary>The number of releases of a package before the next package begins.</summary>
    private const int PerPackage = 500;

    public static async Task RunAsync(Run run, CancellationToken cancellationToken)
    {
        await using var backend = await Backend.StartAsync(run.Servers, "filesystem", cancellationToken);
        await using var registry = await run.Servers.RegistryAsync(backend.Settings, cancellationToken);
        await using var bare = await run.Servers.BaselineAsync(run.Servers.NewFolder("files"), cancellationToken);
        var bodies = Enumerable.Range(0, PerPackage)
            .Select(static i => PushPayload.Create(TarGz.Create(5000, i), $"1.0.{i}"))
            .ToArray();
        var number = 0;

        var reference = Side(
            "bare application",
            bare,
            i => bare.PostAsync($"/durable/{i}", PushPayload.Json(bodies[i % PerPackage]), cancellationToken));
        await run.CompareAsync(
            "push, 32 clients, distinct packages",
            [
                Side(
                    "registry",
                    registry,
                    i => registry.PushAsync($"apart/package-{i}", bodies[i % PerPackage], cancellationToken)),
                reference
            ],
            [(0.5, null)],
            cancellationToken);
        await run.CompareAsync(
            "push, 32 clients, one package",
            [
                Side(
                    "registry",
                    registry,
                    i =>
                        registry.PushAsync(
                            $"together/package-{i / PerPackage}", bodies[i % PerPackage], cancellationToken)),
                reference
            ],
            [(0.5, null)],
            cancellationToken);

        // Numbers continue across rounds, so that no push repeats another.
        Side Side(string name, ServerProcess server, Func<int, Task> push) =>
            new(
                name,
                server,
                (duration, token) =>
                    Measuring.Clients.RunAsync(
                        server, Clients, duration, _ => push(Interlocked.Increment(ref number)), token));
    }
}
