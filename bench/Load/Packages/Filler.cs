using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Registry.Api.Hosting;
using Registry.Bench.Load.Processes;
using Registry.Core.Content;
using Registry.Core.Documents;
using Registry.Core.Packages;
using Registry.Core.Storage;
using Registry.Core.Versions;

namespace Registry.Bench.Load.Packages;

/// <summary>
/// Fills a registry faster than pushes: directly through its storage, next to the running registry, like another
/// replica.
/// </summary>
internal static class Filler
{
    /// <summary>The number of packages in a namespace of a large registry.</summary>
    public const int PerNamespace = 100;

    private const int Concurrency = 64;
    private static readonly DateTimeOffset Start = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    /// <summary>Returns the name of a package of a large registry.</summary>
    public static string Name(int number) => $"team{number / PerNamespace:d4}/service-{number % PerNamespace:d2}";

    /// <summary>Adds packages with three releases each, whose contents do not exist.</summary>
    /// <param name="backend">The storage.</param>
    /// <param name="from">The number of the first package.</param>
    /// <param name="to">The number after the last package.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    public static async Task FillAsync(Backend backend, int from, int to, CancellationToken cancellationToken)
    {
        // Flushing 100,000 files is not part of the measurement: if possible, a folder in memory is filled and then
        // copied to the disk.
        if (backend.Name == "filesystem" && Directory.Exists("/dev/shm"))
            await FolderInMemory.FillAsync(
                backend, inMemory => PutAsync(inMemory, from, to, cancellationToken), cancellationToken);
        else
            await PutAsync(backend, from, to, cancellationToken);
    }

    /// <summary>Adds releases to a pushed package, all with the content of its only release.</summary>
    /// <param name="backend">The storage.</param>
    /// <param name="name">The package name.</param>
    /// <param name="releases">The number of releases afterwards.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    public static async Task MultiplyAsync(
        Backend backend, string name, int releases, CancellationToken cancellationToken)
    {
        await using var registry = Open(backend);
        await registry.Services.GetRequiredService<PackageIndexes>().UpdateAsync(
            Parse(name),
            new DocumentChange<PackageIndex>(index => PackageIndex.Restore(
                index!.Name,
                index.CreatedAt,
                [
                    .. index.Manifests,
                    .. Enumerable.Range(1, releases - 1)
                        .Select(
                            i =>
                                index.Manifests[0] with
                                {
                                    Release = Release.Parse($"1.{i / 100}.{i % 100}"),
                                    PushId = PushId()
                                })
                ],
                index.Channels)),
            cancellationToken);
    }

    /// <summary>
    /// Makes packages of charts out of a pushed chart: each release has its own version and digests, as if helm had
    /// pushed it. The contents do not exist.
    /// </summary>
    /// <param name="backend">The storage.</param>
    /// <param name="chart">The name of a package with one release, which is a chart of the version 1.0.0.</param>
    /// <param name="packages">The names of the packages; that of the chart gains releases.</param>
    /// <param name="releases">The number of releases of each package afterwards.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    public static async Task FillChartsAsync(
        Backend backend,
        string chart,
        IEnumerable<string> packages,
        int releases,
        CancellationToken cancellationToken)
    {
        await using var registry = Open(backend);
        var indexes = registry.Services.GetRequiredService<PackageIndexes>();
        var pushed = (await indexes.GetAsync(Parse(chart), cancellationToken)).State.Manifests[0];
        var metadata = pushed.Artifact!.Chart!.Metadata!.ToString();
        await Parallel.ForEachAsync(
            packages,
            new ParallelOptions { MaxDegreeOfParallelism = Concurrency, CancellationToken = cancellationToken },
            async (name, token) => await indexes.UpdateAsync(
                Parse(name),
                new DocumentChange<PackageIndex>(index => PackageIndex.Restore(
                    Parse(name),
                    Start,
                    [
                        .. index?.Manifests ?? [],
                        .. Enumerable.Range(index is null ? 0 : 1, releases - (index is null ? 0 : 1))
                            .Select(i => ChartOf(pushed, metadata, i)),
                    ],
                    [])),
                token));
    }

    private static Manifest ChartOf(Manifest pushed, string metadata, int number)
    {
        var version = $"1.{number / 100}.{number % 100}";
        return pushed with
        {
            Release = Release.Parse(version),
            Content = new ContentDescriptor(MediaType.Helm, RandomDigest(), pushed.Content.Size, RandomDigest()),
            CreatedAt = Start.AddMinutes(number),
            PushId = PushId(),
            Artifact = new ReleaseArtifact(
                Start.AddMinutes(number),
                pushed.Artifact!.Current with { Digest = RandomDigest() },
                [],
                pushed.Artifact.Chart! with
                {
                    Metadata = Metadata.Of(metadata.Replace("1.0.0", version, StringComparison.Ordinal)),
                },
                Unlisted: null),
        };
    }

    private static async Task PutAsync(Backend backend, int from, int to, CancellationToken cancellationToken)
    {
        await using var registry = Open(backend);
        var indexes = registry.Services.GetRequiredService<PackageIndexes>();
        await Parallel.ForAsync(
            from,
            to,
            new ParallelOptions { MaxDegreeOfParallelism = Concurrency, CancellationToken = cancellationToken },
            async (i, token) =>
                await indexes.UpdateAsync(Parse(Name(i)), new DocumentChange<PackageIndex>(_ => Index(i)), token));
    }

    private static WebApplication Open(Backend backend) => RegistryApplication.Build(
        [
            .. backend.Settings.Select(
                static setting => $"--{setting.Name.Replace("__", ":", StringComparison.Ordinal)}={setting.Value}"),
            "--Logging:LogLevel:Default=None"
        ]);

    private static PackageIndex Index(int number) => PackageIndex.Restore(
        Parse(Name(number)),
        Start,
        new[] { "1.0.0", "1.0.1", "1.1.0" }.Select(static release => new Manifest(
            Release.Parse(release),
            new ContentDescriptor(
                MediaType.Helm,
                RandomDigest(),
                5000,
                RandomDigest()),
            Start,
            Metadata: null,
            PushId())),
        []);

    private static Digest RandomDigest() => Digest.FromHash(RandomNumberGenerator.GetBytes(32));

    private static PackageName Parse(
        string name) => PackageName.TryParse(name, out var package) ? package : throw new FormatException(name);

    private static string PushId() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(9));
}
