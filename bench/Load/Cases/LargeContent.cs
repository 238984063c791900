using Registry.Bench.Load.Measuring;
using Registry.Bench.Load.Packages;
using Registry.Bench.Load.Processes;

namespace Registry.Bench.Load.Cases;

/// <summary>One large push at a time.</summary>
internal static class LargeContent
{
    public static async Task RunAsync(Run run, CancellationToken cancellationToken)
    {
        await using var backend = await Backend.StartAsync(run.Servers, "filesystem", cancellationToken);
        await using var registry = await run.Servers.RegistryAsync(backend.Settings, cancellationToken);
        await using var bare = await run.Servers.BaselineAsync(run.Servers.NewFolder("files"), cancellationToken);
        var megabytes = run.Options.Size(100, 10);
        var body = PushPayload.Create(TarGz.Create(megabytes * 1_000_000, 1), "1.0.0", force: true);
        await run.CompareAsync(
            $"push of {megabytes} MB as base64",
            [
                Side.Once("registry", registry, () => registry.PushAsync("team/large", body, cancellationToken)),
                Side.Once(
                    "bare application, same work",
                    bare,
                    () => bare.PostAsync("/unpacked/large", PushPayload.Json(body), cancellationToken)),
            ],
            [(0.8, null)],
            cancellationToken);
    }
}
