using Registry.Bench.Load.Measuring;
using Registry.Bench.Load.Packages;
using Registry.Bench.Load.Processes;

namespace Registry.Bench.Load.Cases;

/// <summary>Reads of single packages from a registry of ten.</summary>
internal static class Reads
{
    /// <summary>
    /// The minimum ratio of rates to the bare application, and the maximum ratio of 99th percentiles.
    /// </summary>
    private static readonly (double?, double?) Target = (0.8, 1.5);

    public static async Task RunAsync(Run run, CancellationToken cancellationToken)
    {
        await using var backend = await Backend.StartAsync(run.Servers, "filesystem", cancellationToken);
        await using var registry = await run.Servers.RegistryAsync(backend.Settings, cancellationToken);
        for (var i = 0; i < 8; i++)
            await registry.PushAsync(
                $"team/other-{i}", PushPayload.Create(TarGz.Create(5000, i), "1.0.0"), cancellationToken);
        await registry.PushAsync("team/small", PushPayload.Create(TarGz.Create(5000, 100), "1.0.0"), cancellationToken);
        await registry.PushAsync(
            "team/large", PushPayload.Create(TarGz.Create(1_000_000, 101), "1.0.0"), cancellationToken);

        var files = run.Servers.NewFolder("files");
        const string Small = "/api/v1/packages/team/small/1.0.0/helm";
        const string Large = "/api/v1/packages/team/large/1.0.0/helm/pull";
        var digest = await registry.SaveAsync(Small, files, "manifest", cancellationToken);
        await registry.SaveAsync($"{Small}/pull", files, "small", cancellationToken);
        await registry.SaveAsync(Large, files, "large", cancellationToken);
        var tag = await registry.TagAsync(Small, cancellationToken);
        await using var bare = await run.Servers.BaselineAsync(files, cancellationToken);
        await using var nginx = await run.Servers.NginxAsync(files, cancellationToken);

        await run.CompareAsync(
            "show",
            [FromRegistry(Small), FromBare("/prepared/manifest"), FromNginx("/manifest")],
            [Target],
            cancellationToken);
        await run.CompareAsync(
            "pull, 5 KB",
            [FromRegistry($"{Small}/pull"), FromBare("/file/small"), FromNginx("/small")],
            [Target],
            cancellationToken);
        await run.CompareAsync(
            "blob by digest, 5 KB",
            [FromRegistry($"/api/v1/packages/team/small/blobs/sha256/{digest}"), FromBare("/file/small")],
            [Target],
            cancellationToken);
        await run.CompareAsync(
            "pull, 1 MB", [
                FromRegistry(Large, 8), FromBare("/file/large", 8), FromNginx("/large", 8)
            ], [(0.9, null), (0.75, null)], cancellationToken);
        await run.CompareAsync(
            "304",
            [
                FromRegistry(Small, 32, $"If-None-Match: {tag}"),
                FromBare("/known/manifest", 32, "If-None-Match: \"0123456789abcdef0123456789abcdef\"")
            ],
            [(0.9, null)],
            cancellationToken);

        Side FromRegistry(
            string path,
            int connections = 32,
            params string[] headers) => Side.Reading("registry", registry, path, connections, headers);
        Side FromBare(
            string path,
            int connections = 32,
            params string[] headers) => Side.Reading("bare application", bare, path, connections, headers);
        Side FromNginx(string path, int connections = 32) => Side.Reading("nginx", nginx, path, connections);
    }
}
