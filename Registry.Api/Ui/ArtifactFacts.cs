using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Registry.Core.Artifacts;
using Registry.Core.Content;
using Registry.Core.Packages;

namespace Registry.Api.Ui;

/// <summary>What a page shows of an image or another OCI artifact.</summary>
/// <param name="Stored">The manifest.</param>
/// <param name="Document">The manifest, parsed.</param>
internal sealed record ArtifactFacts(OciManifest Stored, ManifestDocument Document)
{
    private const string Prefix = "org.opencontainers.image.";

    /// <summary>The platforms of an image, such as <c>linux/arm64</c>; empty when they are not known.</summary>
    public ImmutableArray<string> Platforms { get; private init; } = [];

    /// <summary>The creation time that the artifact states; null if it states none.</summary>
    public DateTimeOffset? Created { get; private init; }

    /// <summary>
    /// The annotations of the manifest, and the labels of the image that are not among them, by name.
    /// </summary>
    public ImmutableSortedDictionary<string, string> Annotations { get; private init; } =
        ImmutableSortedDictionary<string, string>.Empty.WithComparers(StringComparer.Ordinal);

    /// <summary>Whether clients for containers can pull it.</summary>
    public bool IsImage => Document.IsIndex
        ? !Platforms.IsEmpty
        : Document.Config is { } config && IsImageConfig(config.MediaType);

    /// <summary>What it is, for people.</summary>
    public string Kind => (IsImage, Document) switch
    {
        (true, { IsIndex: true }) => "Image for several platforms",
        (true, _) => "Image",
        (_, { Config.MediaType: OciMediaTypes.HelmConfig }) => "Helm chart",
        (_, { IsIndex: true }) => "Index",
        _ => "Artifact",
    };

    /// <summary>The type of its content: of the artifact, or else of the config or the manifest.</summary>
    public string Type => Document.ArtifactType ?? Document.MediaType;

    /// <summary>The size of config and layers in bytes; null for an index.</summary>
    /// <remarks>Layers that the registry may lack have any size, so the sum may be too large for an integer.</remarks>
    public double? Size => Document.Config is { } config
        ? config.Size + Document.Layers.Sum(static layer => (double)layer.Size)
        : null;

    /// <summary>A short text for people; empty when it has none.</summary>
    public string Description => Text("description") is { Length: > 0 } text ? text : Text("title");

    /// <summary>Returns one of the texts that OCI defines; empty when it is missing.</summary>
    /// <param name="name">The name without its prefix, such as <c>licenses</c>.</param>
    public string Text(string name) => Annotations.GetValueOrDefault(Prefix + name, "");

    /// <summary>Whether a config of this type is that of an image.</summary>
    public static bool IsImageConfig(string mediaType) =>
        mediaType is "application/vnd.oci.image.config.v1+json" or "application/vnd.docker.container.image.v1+json";

    /// <summary>Returns the facts of a manifest.</summary>
    /// <param name="stored">The manifest.</param>
    /// <param name="document">The manifest, parsed.</param>
    /// <param name="bytes">Its bytes.</param>
    /// <param name="config">The config; null for what is not an image, and for a config that is too large.</param>
    public static ArtifactFacts Of(
        OciManifest stored, ManifestDocument document, ReadOnlyMemory<byte> bytes, ReadOnlyMemory<byte>? config)
    {
        var facts = new ArtifactFacts(stored, document);
        if (document.Annotations is { } annotations)
            facts = facts with { Annotations = facts.Annotations.SetItems(TextsOf(annotations)) };
        try
        {
            if (document.IsIndex)
                facts = facts.WithIndex(bytes);
            if (config is { } json)
                facts = facts.WithConfig(json);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // Platforms and configs are not validated at push: the page leaves out what it cannot read.
        }

        return facts.WithTime();
    }

    private ArtifactFacts WithIndex(ReadOnlyMemory<byte> bytes)
    {
        using var index = JsonDocument.Parse(bytes);
        return this with
        {
            Platforms =
            [
                .. index.RootElement.GetProperty("manifests").EnumerateArray()
                    .Select(static entry => Member(entry, "platform") is { } platform ? PlatformOf(platform) : "")
                    .Where(static platform => platform.Length > 0)
                    .Distinct(),
            ],
        };
    }

    private ArtifactFacts WithConfig(ReadOnlyMemory<byte> config)
    {
        using var document = JsonDocument.Parse(config);
        var root = document.RootElement;
        var platform = PlatformOf(root);
        var labels = Member(root, "config") is { } settings && Member(settings, "Labels") is { } found
            && found.ValueKind == JsonValueKind.Object
                ? found.EnumerateObject().Where(static label => label.Value.ValueKind == JsonValueKind.String)
                : [];
        return this with
        {
            Platforms = platform.Length == 0 ? [] : [platform],
            Created = TimeOf(StringOf(root, "created")),
            Annotations = Annotations.SetItems(
                labels.Where(label => !Annotations.ContainsKey(label.Name))
                    .Select(static label => KeyValuePair.Create(label.Name, label.Value.GetString()!))),
        };
    }

    private ArtifactFacts WithTime() => TimeOf(Text("created")) is { } created ? this with { Created = created } : this;

    private static IEnumerable<KeyValuePair<string, string>> TextsOf(RawJson annotations)
    {
        using var document = JsonDocument.Parse(annotations.Utf8);
        return
        [
            .. document.RootElement.EnumerateObject()
                .Select(static member => KeyValuePair.Create(member.Name, member.Value.GetString() ?? "")),
        ];
    }

    /// <summary>Returns a platform; empty for none, and for what tools write when they mean none.</summary>
    private static string PlatformOf(JsonElement element)
    {
        var (system, architecture, variant) =
            (StringOf(element, "os"), StringOf(element, "architecture"), StringOf(element, "variant"));
        return system.Length == 0 || architecture.Length == 0 || system == "unknown" ? ""
            : variant.Length == 0 ? $"{system}/{architecture}"
            : $"{system}/{architecture}/{variant}";
    }

    private static DateTimeOffset? TimeOf(string text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time
            : null;

    private static JsonElement? Member(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) ? value : null;

    private static string StringOf(JsonElement element, string name) =>
        Member(element, name) is { ValueKind: JsonValueKind.String } value ? value.GetString()! : "";
}
