using Registry.Bench.Load.Packages;

namespace Registry.Bench.Load.Cases;

/// <summary>Blobs of OCI clients, by digest.</summary>
internal static class Blobs
{
    public static async Task RunAsync(Run run, CancellationToken cancellationToken)
    {
        await using var sides = await OciSides.StartAsync(run, cancellationToken);

        // The targets of a pull from the bare application, and those for docker-registry.
        foreach (var (name, bytes, connections, bare, docker) in
            new[] { ("5 KB", 5000, 32, 0.8, 10.0), ("1 MB", 1_000_000, 8, 0.9, 2.0) })
        {
            var blob = TarGz.Noise(bytes, bytes);
            var digest = OciClient.DigestOf(blob);
            await sides.Registry.PushBlobAsync("team/app", blob, digest, cancellationToken);
            await sides.Docker.PushBlobAsync("team/app", blob, digest, cancellationToken);
            var path = $"/v2/team/app/blobs/{digest}";
            await sides.Docker.SaveAsync(path, sides.Files, $"{bytes}", cancellationToken);
            await run.CompareAsync(
                $"OCI blob by digest, {name}",
                sides.Reading(path, $"/file/{bytes}", connections),
                [(bare, null), (docker, null)],
                cancellationToken);
        }
    }
}
