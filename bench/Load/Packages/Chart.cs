using System.Globalization;
using System.Text;

namespace Registry.Bench.Load.Packages;

/// <summary>
/// Creates charts: a <c>Chart.yaml</c> of about 1.2 KB and one incompressible file, below one folder.
/// </summary>
internal static class Chart
{
    /// <summary>The length of the incompressible file, in bytes.</summary>
    private const int FileBytes = 4000;

    /// <summary>Returns an archive.</summary>
    /// <param name="name">The name of the chart.</param>
    /// <param name="version">The version.</param>
    /// <param name="seed">The seed of the content.</param>
    public static byte[] Create(string name, string version, int seed) => TarGz.Create(
        ($"{name}/Chart.yaml", Encoding.UTF8.GetBytes(Yaml(name, version))),
        ($"{name}/files/data.bin", TarGz.Noise(FileBytes, seed)));

    /// <summary>Returns what a client sends as the config of its manifest.</summary>
    public static byte[] Config(string name, string version) => Encoding.UTF8.GetBytes(
        $$"""{"name":"{{name}}","version":"{{version}}","apiVersion":"v2","description":"A chart of the benchmark"}""");

    private static string Yaml(string name, string version)
    {
        var yaml = new StringBuilder();
        yaml.AppendLine(
            CultureInfo.InvariantCulture,
            $"""
            apiVersion: v2
            name: {name}
            version: {version}
            appVersion: "{version}"
            kubeVersion: ">=1.25.0-0"
            type: application
            description: A chart of an application with its database, its queue and its workers
            home: https://example.org/charts/{name}
            icon: https://example.org/charts/{name}/icon.png
            sources:
              - https://git.example.org/{name}/application
              - https://git.example.org/{name}/chart
            keywords: [application, database, queue, workers]
            maintainers:
              - name: Jane Doe
                email: jane@example.org
              - name: John Doe
                email: john@example.org
                url: https://example.org/john
            dependencies:
            """);
        foreach (var dependency in new[] { "postgresql", "redis" })
            yaml.AppendLine(
                CultureInfo.InvariantCulture,
                $"""
                  - name: {dependency}
                    version: 12.x.x
                    repository: https://charts.example.org/stable
                    condition: {dependency}.enabled
                """);
        yaml.AppendLine(
            CultureInfo.InvariantCulture,
            $"""
            annotations:
              category: Example
              artifacthub.io/changes: |
                - Update the application to {version}
                - Fix the readiness probe of the database
              artifacthub.io/images: |
                - name: application
                  image: registry.example.org/{name}:{version}
            """);
        return yaml.ToString();
    }
}
