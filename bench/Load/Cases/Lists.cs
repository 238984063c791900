using Registry.Bench.Load.Measuring;
using Registry.Bench.Load.Packages;
using Registry.Bench.Load.Processes;

namespace Registry.Bench.Load.Cases;

/// <summary>Lists and searches of a registry without writes.</summary>
internal static class Lists
{
    private const string List = "/api/v1/packages";

    public static async Task RunAsync(Run run, CancellationToken cancellationToken)
    {
        await RunAsync(run, 10, [null], cancellationToken);
        await RunAsync(run, 1000, [null, "gzip", "br"], cancellationToken);
    }

    private static async Task RunAsync(Run run, int packages, string?[] encodings, CancellationToken cancellationToken)
    {
        await using var backend = await Backend.StartAsync(run.Servers, "filesystem", cancellationToken);
        await Filler.FillAsync(backend, 0, packages, cancellationToken);
        await using var registry = await run.Servers.RegistryAsync(backend.Settings, cancellationToken);
        var files = run.Servers.NewFolder("files");
        foreach (var encoding in encodings)
            await registry.SaveAsync(List, files, $"list-{encoding}", cancellationToken, encoding);
        var search = $"{List}/search?q=service-07";
        await registry.SaveAsync(search, files, "search", cancellationToken);
        await using var bare = await run.Servers.BaselineAsync(files, cancellationToken);

        foreach (var encoding in encodings)
        {
            string[] headers = encoding is null ? [] : [$"Accept-Encoding: {encoding}"];
            var path = $"/prepared/list-{encoding}{(encoding is null ? "" : $"?encoding={encoding}")}";
            await run.CompareAsync(
                $"list of {packages:N0}{(encoding is null ? "" : $", {encoding}")}",
                [
                    Side.Reading("registry", registry, List, 32, headers),
                    Side.Reading("bare application", bare, path, 32, headers)
                ],
                [(0.8, null)],
                cancellationToken);
        }

        await run.CompareAsync(
            $"search among {packages:N0}",
            [Side.Reading("registry", registry, search), Side.Reading("bare application", bare, "/prepared/search")],
            [(0.8, null)],
            cancellationToken);
    }
}
