using Registry.Bench.Load.Measuring;
using Registry.Bench.Load.Packages;
using Registry.Bench.Load.Processes;

namespace Registry.Bench.Load.Cases;

/// <summary>One package after the other, from a registry of ten.</summary>
internal static class Reads
{
    /// <summary>The least part of the bare application's rate, and the most of its 99th percentile.</summary>
    private static readonly (double?, double?) Mark = (0.8, 1.5);

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
            "show", [Ours(Small), Bare("/prepared/manifest"), Nginx("/manifest")], [Mark], cancellationToken);
        await run.CompareAsync(
            "pull, 5 KB", [Ours($"{Small}/pull"), Bare("/file/small"), Nginx("/small")], [Mark], cancellationToken);
        await run.CompareAsync(
            "blob by digest, 5 KB",
            [Ours($"/api/v1/packages/team/small/blobs/sha256/{digest}"), Bare("/file/small")],
            [Mark],
            cancellationToken);
        await run.CompareAsync(
            "pull, 1 MB", [
                Ours(Large, 8), Bare("/file/large", 8), Nginx("/large", 8)
            ], [(0.9, null), (0.75, null)], cancellationToken);
        await run.CompareAsync(
            "304",
            [
                Ours(Small, 32, $"If-None-Match: {tag}"),
                Bare("/known/manifest", 32, "If-None-Match: \"0123456789abcdef0123456789abcdef\"")
            ],
            [(0.9, null)],
            cancellationToken);

        Side Ours(
            string path,
            int connections = 32,
            params string[] headers) => Side.Reading("registry", registry, path, connections, headers);
        Side Bare(
            string path,
            int connections = 32,
            params string[] headers) => Side.Reading("bare application", bare, path, connections, headers);
        Side Nginx(string path, int connections = 32) => Side.Reading("nginx", nginx, path, connections);
    }
}
