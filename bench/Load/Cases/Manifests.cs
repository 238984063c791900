using Registry.Bench.Load.Packages;

namespace Registry.Bench.Load.Cases;

/// <summary>Manifests of OCI clients.</summary>
internal static class Manifests
{
    /// <summary>The minimum ratios of rates to the bare application and to docker-registry.</summary>
    private static readonly IReadOnlyList<(double?, double?)> Targets = [(0.7, null), (10, null)];

    public static async Task RunAsync(Run run, CancellationToken cancellationToken)
    {
        await using var sides = await OciSides.StartAsync(run, cancellationToken);
        var (archive, config) = (Chart.Create("app", "1.0.0", 1), Chart.Config("app", "1.0.0"));
        var manifest = await sides.Registry.PushChartAsync("team/app", "1.0.0", archive, config, cancellationToken);
        await sides.Docker.PushChartAsync("team/app", "1.0.0", archive, config, cancellationToken);
        await sides.Registry.SaveAsync(
            OciClient.Manifest("team/app", "1.0.0"), sides.Files, "manifest", cancellationToken);
        foreach (var (name, reference) in new[] { ("tag", "1.0.0"), ("digest", OciClient.DigestOf(manifest)) })
            await run.CompareAsync(
                $"manifest by {name}",
                sides.Reading(
                    OciClient.Manifest("team/app", reference),
                    "/prepared/manifest",
                    32,
                    $"Accept: {OciClient.ManifestType}"),
                Targets,
                cancellationToken);
    }
}
