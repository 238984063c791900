using Registry.Core.Content;
using Registry.Core.Versions;

namespace Registry.Core.Charts;

/// <summary>What <c>helm push</c> writes into the manifest of a chart.</summary>
public static class ChartManifest
{
    private const string Prefix = "org.opencontainers.image.";
    private const string Title = $"{Prefix}title";
    private const string Version = $"{Prefix}version";

    /// <summary>
    /// Returns the annotations of the manifest: those that Helm derives, and those of the Chart.yaml, which override
    /// all but title and version.
    /// </summary>
    /// <param name="metadata">The metadata as <see cref="ChartMetadata.Json"/>.</param>
    /// <param name="name">The name of the package, which is the title.</param>
    /// <param name="release">The release, which is the version.</param>
    /// <param name="createdAt">When the content was received; written in whole seconds.</param>
    /// <returns>The annotations in the order of their keys.</returns>
    public static IReadOnlyDictionary<string, string> Annotations(
        ReadOnlyMemory<byte> metadata, string name, Release release, DateTimeOffset createdAt)
    {
        var chart = ChartMetadata.Parse(metadata);
        var annotations = new SortedDictionary<string, string>(Utf8Order.Instance);
        Add("description", chart.Description);
        Add("url", chart.Home);
        Add("created", WholeSeconds.Format(createdAt));
        Add("source", chart.Sources.FirstOrDefault(""));
        Add("authors", string.Join(", ", chart.Maintainers.Select(AuthorText)));
        foreach (var (key, value) in chart.Annotations)
            annotations[key] = value;
        annotations[Title] = name;
        annotations[Version] = release.Value;
        return annotations;

        void Add(string key, string value)
        {
            if (!string.IsNullOrWhiteSpace(value))
                annotations[Prefix + key] = value;
        }
    }

    private static string AuthorText(ChartMaintainer maintainer) =>
        maintainer.Email.Length == 0 ? maintainer.Name : $"{maintainer.Name} ({maintainer.Email})";
}
