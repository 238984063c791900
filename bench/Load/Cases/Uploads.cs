using Registry.Bench.Load.Measuring;
using Registry.Bench.Load.Packages;
using Registry.Bench.Load.Processes;

namespace Registry.Bench.Load.Cases;

/// <summary>Uploads of large blobs by OCI clients, one at a time.</summary>
internal static class Uploads
{
    public static async Task RunAsync(Run run, CancellationToken cancellationToken)
    {
        await using var sides = await OciSides.StartAsync(run, cancellationToken);
        var megabytes = run.Options.Size(100, 10);
        var blob = TarGz.Noise(megabytes * 1_000_000, 1);
        var digest = OciClient.DigestOf(blob);
        var bare = Side.Once(
            "bare application, same work",
            sides.Bare,
            () => sides.Bare.PostAsync("/hashed/blob", new ByteArrayContent(blob), cancellationToken));

        await run.CompareAsync(
            $"POST and PUT of {megabytes} MB",
            [
                Side.Once("registry", sides.Registry, () => PushAsync(sides.Registry)),
                bare,
                Side.Once("docker-registry", sides.Docker, () => PushAsync(sides.Docker)),
            ],
            [(0.6, null)],
            cancellationToken);
        await run.CompareAsync(
            $"POST, PATCH and PUT of {megabytes} MB",
            [
                Side.Once("registry", sides.Registry, () => PatchAsync(sides.Registry)),
                bare,
                Side.Once("docker-registry", sides.Docker, () => PatchAsync(sides.Docker)),
            ],
            [(0.4, null)],
            cancellationToken);

        Task PushAsync(ServerProcess server) => server.PushBlobAsync("team/app", blob, digest, cancellationToken);

        Task PatchAsync(ServerProcess server) => server.PatchBlobAsync("team/app", blob, digest, cancellationToken);
    }
}
