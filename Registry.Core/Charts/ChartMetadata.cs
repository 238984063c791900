using System.Collections.Immutable;
using System.Text.Json;

namespace Registry.Core.Charts;

/// <summary>The metadata of a chart. Missing texts are empty.</summary>
public sealed class ChartMetadata
{
    /// <summary>The maximum depth of <see cref="Json"/>.</summary>
    internal const int MaxJsonDepth = YamlReader.MaxDepth + 1;

    private ChartMetadata(ReadOnlyMemory<byte> json, JsonElement root)
    {
        Json = json;
        Name = Text(root, "name");
        Version = Text(root, "version");
        Description = Text(root, "description");
        Home = Text(root, "home");
        Icon = Text(root, "icon");
        AppVersion = Text(root, "appVersion");
        KubeVersion = Text(root, "kubeVersion");
        Type = Text(root, "type");
        IsDeprecated = root.TryGetProperty("deprecated", out var deprecated) && deprecated.GetBoolean();
        Sources = Items(root, "sources", static source => source.GetString()!);
        Keywords = Items(root, "keywords", static keyword => keyword.GetString()!);
        Maintainers = Items(root, "maintainers", static maintainer => new ChartMaintainer(
            Text(maintainer, "name"), Text(maintainer, "email"), Text(maintainer, "url")));
        Dependencies = Items(root, "dependencies", static chart => new RequiredChart(
            Text(chart, "name"),
            Text(chart, "version"),
            Text(chart, "repository"),
            Text(chart, "alias"),
            Text(chart, "condition")));
        Annotations = root.TryGetProperty("annotations", out var annotations)
            ?
            [
                .. annotations.EnumerateObject()
                    .Select(static entry => KeyValuePair.Create(entry.Name, entry.Value.GetString()!)),
            ]
            : [];
    }

    /// <summary>
    /// All metadata as the JSON that Helm writes: its fields in Helm's order, without those that are empty. It is valid
    /// YAML too.
    /// </summary>
    public ReadOnlyMemory<byte> Json { get; }

    /// <summary>The name, which may differ from that of the package.</summary>
    public string Name { get; }

    /// <summary>The version, which may differ from the release: a version of Semantic Versioning 2.</summary>
    public string Version { get; }

    /// <summary>What the chart is, in one line.</summary>
    public string Description { get; }

    /// <summary>The URL of the project's home page.</summary>
    public string Home { get; }

    /// <summary>The URL of an icon.</summary>
    public string Icon { get; }

    /// <summary>The version of the application.</summary>
    public string AppVersion { get; }

    /// <summary>The versions of Kubernetes that the chart needs.</summary>
    public string KubeVersion { get; }

    /// <summary><c>application</c>, <c>library</c>, or empty, which stands for <c>application</c>.</summary>
    public string Type { get; }

    /// <summary>Whether the chart is deprecated.</summary>
    public bool IsDeprecated { get; }

    /// <summary>The URLs of its source code.</summary>
    public ImmutableArray<string> Sources { get; }

    /// <summary>Words to find it by.</summary>
    public ImmutableArray<string> Keywords { get; }

    /// <summary>Who maintains it.</summary>
    public ImmutableArray<ChartMaintainer> Maintainers { get; }

    /// <summary>The charts that it depends on.</summary>
    public ImmutableArray<RequiredChart> Dependencies { get; }

    /// <summary>Annotations, sorted by key.</summary>
    public ImmutableArray<KeyValuePair<string, string>> Annotations { get; }

    /// <summary>Reads metadata that was kept as <see cref="Json"/>.</summary>
    /// <exception cref="JsonException">It is not JSON.</exception>
    /// <exception cref="InvalidOperationException">It is not the JSON of a chart.</exception>
    public static ChartMetadata Parse(ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = MaxJsonDepth });
        return new ChartMetadata(json, document.RootElement);
    }

    private static string Text(JsonElement parent, string field) =>
        parent.TryGetProperty(field, out var value) ? value.GetString()! : "";

    private static ImmutableArray<T> Items<T>(JsonElement parent, string field, Func<JsonElement, T> read) =>
        parent.TryGetProperty(field, out var value) ? [.. value.EnumerateArray().Select(read)] : [];
}
