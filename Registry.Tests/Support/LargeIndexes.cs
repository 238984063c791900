using System.Globalization;
using System.Text;
using System.Text.Json;
using Registry.Core.Artifacts;
using Registry.Core.Packages;

namespace Registry.Tests.Support;

/// <summary>Indexes with much metadata.</summary>
internal static class LargeIndexes
{
    private static readonly Metadata Repetitive = Metadata.Of($"\"{new string('x', 65_000)}\"");

    /// <summary>
    /// Returns releases 1.0.0, 1.0.1, … of one content, each with 65,000 bytes of highly compressible metadata.
    /// </summary>
    public static PackageIndex Bomb(PackageName name, int releases) => PackageIndex.Restore(
        name, Samples.Start, Enumerable.Range(0, releases)
            .Select(i => Samples.Manifest($"1.0.{i}") with { Metadata = Repetitive }), []);

    /// <summary>
    /// Returns releases with different content, each with a <c>Chart.yaml</c> of about 1.5 KiB as metadata, as builds
    /// of every commit produce.
    /// </summary>
    public static PackageIndex Charts(PackageName name, int releases) => PackageIndex.Restore(
        name, Samples.Start, Enumerable.Range(0, releases)
            .Select(
                i =>
                    Samples.Manifest(Release(i), content: $"{i}", minute: i) with
                    {
                        Metadata = Metadata.Of(Chart(i))
                    }), []);

    /// <summary>
    /// Returns releases with different content and manifests, as pushed with helm, each with a <c>Chart.yaml</c> of
    /// about 1.2 KB.
    /// </summary>
    public static PackageIndex PushedCharts(PackageName name, int releases) => PackageIndex.Restore(
        name,
        Samples.Start,
        Enumerable.Range(0, releases).Select(i => Samples.Manifest(Release(i), content: $"{i}", minute: i) with
        {
            PushId = Convert.ToBase64String(Convert.FromHexString(Samples.Sha256($"push {i}").Value[..18])),
            Artifact = new ReleaseArtifact(
                Samples.Start.AddMinutes(i),
                new OciManifest(Samples.Sha256($"manifest {i}"), OciMediaTypes.Manifest, 600 + (i % 10)),
                [],
                new ChartContent(Metadata.Of(ChartJson(i)), null, null, null),
                Unlisted: null),
        }),
        []);

    /// <summary>Returns the metadata of a release of <see cref="Charts"/>.</summary>
    public static string Chart(int number)
    {
        var yaml = new StringBuilder()
            .AppendLine(
                CultureInfo.InvariantCulture,
                $"apiVersion: v2\nname: shop\nversion: {Release(number)}\nappVersion: "
                    + $"\"{number / 90}.{number % 90}.3\"")
            .AppendLine(
                "kubeVersion: \">=1.25.0-0\"\ndescription: The shop of the example company with all of its services")
            .AppendLine(
                CultureInfo.InvariantCulture,
                $"home: https://example.org/charts/shop\nsources:\n  - "
                    + $"https://git.example.org/shop/tree/{Samples.Sha256($"{number}").Value[..40]}")
            .AppendLine("keywords:\n  - web\n  - database\n  - monitoring\nmaintainers:");
        for (var i = 0; i < 6; i++)
            yaml.AppendLine(
                CultureInfo.InvariantCulture,
                $"  - name: Maintainer {i} of the shop\n    email: maintainer{i}@example.org");
        yaml.AppendLine("dependencies:");
        for (var i = 0; i < 6; i++)
            yaml.AppendLine(
                CultureInfo.InvariantCulture,
                $"  - name: service{i}\n    version: {1 + i}.{(number / 500) + i}.{number / (50 + (i * 13)) % 30}")
                .AppendLine(
                    CultureInfo.InvariantCulture,
                    $"    repository: https://charts.example.org/stable\n    condition: service{i}.enabled");
        yaml.AppendLine(
            CultureInfo.InvariantCulture, $"annotations:\n  created: \"{Samples.Start.AddMinutes(number):O}\"");
        return JsonSerializer.Serialize(yaml.ToString());
    }

    private static string ChartJson(int number) => JsonSerializer.Serialize(new
    {
        name = "shop",
        home = "https://example.org/charts/shop",
        sources = new[] { $"https://git.example.org/shop/tree/{Samples.Sha256($"{number}").Value[..40]}" },
        version = Release(number),
        description = "The shop of the example company with all of its services",
        keywords = new[] { "web", "database", "monitoring" },
        maintainers = Enumerable.Range(0, 4)
            .Select(static i => new { name = $"Maintainer {i} of the shop", email = $"maintainer{i}@example.org" }),
        apiVersion = "v2",
        appVersion = $"{number / 90}.{number % 90}.3",
        annotations = new Dictionary<string, string>
        {
            ["artifacthub.io/images"] = $"- image: registry.example.org/shop:{Release(number)}\n",
            ["created"] = Samples.Start.AddMinutes(number).ToString("O", CultureInfo.InvariantCulture),
        },
        dependencies = Enumerable.Range(0, 3).Select(i => new
        {
            name = $"service{i}",
            version = $"{1 + i}.{(number / 500) + i}.{number / (50 + (i * 13)) % 30}",
            repository = "https://charts.example.org/stable",
            condition = $"service{i}.enabled",
        }),
        type = "application",
    });

    private static string Release(int number) => $"{number / 100}.{number % 100}.{number * 7 % 10}";
}
