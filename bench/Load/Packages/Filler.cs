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
/// Fills a registry faster than pushes could: through its own storage, beside the running one, as another replica
/// would.
/// </summary>
internal static class Filler
{
    /// <summary>How many packages a namespace of a large registry holds.</summary>
    public const int PerNamespace = 100;

    private const int AtOnce = 64;
    private static readonly DateTimeOffset Start = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    /// <summary>The name of a package of a large registry.</summary>
    public static string Name(int number) => $"team{number / PerNamespace:d4}/service-{number % PerNamespace:d2}";

    /// <summary>Adds packages, each of three releases. Their contents are told of, and are not there.</summary>
    /// <param name="backend">Where to.</param>
    /// <param name="from">The first.</param>
    /// <param name="to">The one after the last.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task FillAsync(Backend backend, int from, int to, CancellationToken cancellationToken)
    {
        // Flushing 100,000 files is none of what is measured: where there is memory to stage a folder in, it is moved
        // to the disk at once.
        if (backend.Name == "filesystem" && Directory.Exists("/dev/shm"))
            await FolderInMemory.FillAsync(
                backend, inMemory => PutAsync(inMemory, from, to, cancellationToken), cancellationToken);
        else
            await PutAsync(backend, from, to, cancellationToken);
    }

    /// <summary>Adds releases to a package that was pushed, all with the content of its only one.</summary>
    /// <param name="backend">Where to.</param>
    /// <param name="name">The package.</param>
    /// <param name="releases">How many it has then.</param>
    /// <param name="cancellationToken">Ends it.</param>
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

    private static async Task PutAsync(Backend backend, int from, int to, CancellationToken cancellationToken)
    {
        await using var registry = Open(backend);
        var indexes = registry.Services.GetRequiredService<PackageIndexes>();
        await Parallel.ForAsync(
            from,
            to,
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken },
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
                Helm,
                Digest.FromHash(RandomNumberGenerator.GetBytes(32)),
                5000,
                Digest.FromHash(RandomNumberGenerator.GetBytes(32))),
            Start,
            Metadata: null,
            PushId())),
        []);

    private static MediaType Helm =>
        MediaType.TryParse("helm", out var helm) ? helm : throw new InvalidOperationException();

    private static PackageName Parse(
        string name) => PackageName.TryParse(name, out var package) ? package : throw new FormatException(name);

    private static string PushId() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(9));
}
