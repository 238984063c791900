using System.Globalization;
using System.Security.Cryptography;
using Registry.Core.Content;
using Registry.Core.Packages;
using Registry.Core.Storage;
using Registry.Core.Versions;

namespace Registry.Bench.Micro;

/// <summary>Creates packages with any number of releases.</summary>
internal static class Indexes
{
    private static readonly DateTimeOffset Start = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    public static PackageName Name { get; } =
        PackageName.TryCreate("team", "app", out var name) ? name : throw new InvalidOperationException();

    /// <summary>Returns an index with the releases 0.0.0, 0.0.1, … 0.1.0, …: a hundred patches each.</summary>
    public static PackageIndex Of(int releases) =>
        PackageIndex.Restore(Name, Start, Enumerable.Range(0, releases).Select(ManifestOf), []);

    /// <summary>Returns the manifest of the release with this number.</summary>
    public static Manifest ManifestOf(int number) => new(
        Release.Parse($"{number / 10_000}.{number / 100 % 100}.{number % 100}"),
        new ContentDescriptor(MediaType.Kpm, DigestOf((2 * number) + 1), 5_000 + number, DigestOf(2 * number)),
        Start.AddSeconds(number),
        Metadata: null,
        PushId: Convert.ToBase64String(SHA256.HashData(BitConverter.GetBytes(number)).AsSpan(0, 9)));

    private static Digest DigestOf(
        int seed) =>
        Digest.FromHash(
            SHA256.HashData(System.Text.Encoding.ASCII.GetBytes(seed.ToString(CultureInfo.InvariantCulture))));
}
