using System.Collections.Immutable;
using Microsoft.AspNetCore.Html;
using Registry.Core.Charts;
using Registry.Core.Content;
using Registry.Core.Packages;
using Registry.Core.Storage;
using Registry.Core.Versions;

namespace Registry.Api.Ui;

/// <summary>The page of a package, which shows one of its releases.</summary>
/// <param name="Request">What was asked for.</param>
/// <param name="Latest">The latest release; null when there is none.</param>
/// <param name="Manifest">The release in the media type that is shown; null when there is none.</param>
internal sealed record ReleaseModel(ReleaseRequest Request, Release? Latest, Manifest? Manifest)
{
    /// <summary>The chart; null when the release is not a chart.</summary>
    public ChartMetadata? Chart { get; init; }

    /// <summary>
    /// The files of the release; null when there is no release, or its content is lost or damaged.
    /// </summary>
    public PageFiles? Files { get; init; }

    /// <summary>
    /// Why the Helm repository does not list the release, as a sentence; null when it does, or the release is in
    /// another media type.
    /// </summary>
    public required string? Unlisted { get; init; }

    /// <summary>The commands that use the release.</summary>
    public IReadOnlyList<Command> Commands { get; init; } = [];

    /// <summary>The address of the icon, relative to the root; null for none.</summary>
    public string? Icon { get; init; }

    /// <summary>The releases of the shown page of the list; empty on other parts.</summary>
    public ImmutableArray<VersionRow> Versions { get; init; } = [];

    /// <summary>The number of pages of the list.</summary>
    public required int VersionPages { get; init; }

    /// <summary>The tags that are neither releases nor channels, by manifest.</summary>
    public required ImmutableArray<TagGroup> Tags { get; init; }

    /// <summary>The image or artifact that is shown; null when it is a release.</summary>
    public required TagGroup? Artifact { get; init; }

    /// <summary>The commands that follow the channels.</summary>
    public IReadOnlyList<Command> ChannelCommands { get; init; } = [];

    /// <summary>The most channels near the title. The facts have all.</summary>
    public const int ShownChannels = 8;

    /// <summary>The most channels in the list of facts.</summary>
    public const int MaxChannels = 50;

    /// <summary>The most descriptors, and the most annotations, of an artifact in the details.</summary>
    public const int ShownEntries = 100;

    /// <summary>The memory of a character of escaped text, in bytes.</summary>
    private const int PerCharacter = 16;

    /// <summary>Whether the page shows two commands, one for each usual client, and folds the others.</summary>
    public bool HasTwoCommands => Commands.Count > 1 && (Chart is not null || Artifact?.Facts is { IsImage: true });

    /// <summary>The OCI manifest that is shown; null while the release is incomplete.</summary>
    public OciManifest? Subject => Artifact?.Found.Manifest ?? Manifest?.Artifact?.Current;

    /// <summary>The signatures and other artifacts that are attached to what is shown.</summary>
    public ImmutableArray<AttachedRow> Attached { get; init; } = [];

    /// <summary>The package.</summary>
    public PackageIndex Index => Request.Index;

    /// <summary>The name of the package.</summary>
    public PackageName Name => Index.Name;

    /// <summary>The part that is shown: the requested one if there is such a part, or else the first.</summary>
    public ReleaseTab Tab =>
        Tabs.FirstOrDefault(tab => tab.Name == Request.Tab) ?? Tabs[0];

    /// <summary>Whether there is a README that is text.</summary>
    public bool HasReadme { get; init; }

    /// <summary>Whether there are default values.</summary>
    public bool HasValues { get; init; }

    /// <summary>
    /// The README, the default values or the file that is shown; null when none is shown, or it is not text.
    /// </summary>
    public string? Text { get; init; }

    /// <summary>The length of <see cref="Text"/> in UTF-8, also before it is read.</summary>
    public int TextBytes { get; init; }

    /// <summary>The README as HTML; null when it is another part that is shown, or it cannot be rendered.</summary>
    public HtmlString? ReadmeHtml { get; init; }

    /// <summary>
    /// The memory that the page takes at most while it is made, rendered and sent, in bytes: text is escaped to up to
    /// six times its length, in characters of two bytes, and encoded. HTML is only encoded.
    /// </summary>
    public long RenderBytes
    {
        get
        {
            const int PerHtmlCharacter = 8;
            const int PerRow = 60;
            const int Frame = 128 << 10;
            var shown = Tab == ReleaseTab.Files && Request.File is null
                ? Files!.Files.Sum(static file => (2 * file.Path.Length) + PerRow)
                : TextBytes;
            var facts = (Tab == ReleaseTab.Tags ? ArtifactPages.ReadBytesOf(Tags) : 0)
                + (Artifact is { } artifact ? ArtifactPages.ReadBytesOf([artifact]) : 0);
            var chart = ChartBytesOf(Manifest);
            var html = ReadmeHtml?.Value?.Length ?? 0;
            return Frame
                + (Files?.Bytes ?? 0)
                + chart
                + (PerCharacter * facts)
                + Math.Max(PerCharacter * shown, PerHtmlCharacter * html);
        }
    }

    /// <summary>The parts of the page that have something to show.</summary>
    public IReadOnlyList<ReleaseTab> Tabs
    {
        get
        {
            var tabs = new List<ReleaseTab>();
            if (HasReadme)
                tabs.Add(ReleaseTab.Readme);
            if (HasValues)
                tabs.Add(ReleaseTab.Values);
            if (Files is not null)
                tabs.Add(ReleaseTab.Files);
            if (Chart?.Dependencies.IsEmpty == false)
                tabs.Add(ReleaseTab.Dependencies);
            if (!Index.Releases.IsEmpty)
                tabs.Add(ReleaseTab.Versions);
            if (!Tags.IsEmpty)
                tabs.Add(ReleaseTab.Tags);
            tabs.Add(ReleaseTab.Details);
            return tabs;
        }
    }

    /// <summary>The description in the chart or the image; empty if it has none.</summary>
    public string Description => Chart?.Description ?? Artifact?.Facts?.Description ?? "";

    /// <summary>The media types of the release.</summary>
    public IEnumerable<MediaType> MediaTypes =>
        Manifest is null ? [] : Index.Of(Manifest.Release).ToArray().Select(static manifest => manifest.MediaType);

    /// <summary>The memory of the metadata of a chart, parsed and escaped, in bytes; 0 without a chart.</summary>
    public static long ChartBytesOf(Manifest? manifest) => PerCharacter
        * (manifest?.Artifact?.Chart is { } chart ? chart.MetadataBlob?.Size ?? chart.Metadata?.Length ?? 0 : 0);

    /// <summary>Returns the query of a part of this page.</summary>
    /// <param name="tab">The part.</param>
    /// <param name="file">The path of a file; null for none.</param>
    public string QueryOf(ReleaseTab tab, string? file = null) =>
        $"?tab={tab.Name}"
            + (file is null ? "" : $"&file={Uri.EscapeDataString(file)}")
            + (Request.Tag is null ? "" : $"&tag={Request.Tag}")
            + (Request.MediaType is null ? "" : $"&type={Uri.EscapeDataString(Request.MediaType)}");

    /// <summary>Returns the time as the page shows it.</summary>
    public PageTime TimeOf(DateTimeOffset at) => new(at, Request.Now);
}

/// <summary>A part of the page of a package.</summary>
/// <param name="Name">The name in addresses.</param>
/// <param name="Title">The title.</param>
internal sealed record ReleaseTab(string Name, string Title)
{
    public static readonly ReleaseTab Readme = new("readme", "Readme");
    public static readonly ReleaseTab Values = new("values", "Values");
    public static readonly ReleaseTab Files = new("files", "Files");
    public static readonly ReleaseTab Dependencies = new("dependencies", "Dependencies");
    public static readonly ReleaseTab Versions = new("versions", "Versions");
    public static readonly ReleaseTab Tags = new("tags", "Tags");
    public static readonly ReleaseTab Details = new("details", "Details");
}

/// <summary>A release in the list of versions.</summary>
/// <param name="Release">The release.</param>
/// <param name="PushedAt">When it was pushed last.</param>
/// <param name="Contents">Its media types, with the sizes in bytes.</param>
/// <param name="Channels">The channels that point at it.</param>
/// <param name="Chart">The chart; null when the release is not a chart, or its metadata is not in the index.</param>
internal sealed record VersionRow(
    Release Release,
    PageTime PushedAt,
    ImmutableArray<(MediaType Type, long Size)> Contents,
    ImmutableArray<string> Channels,
    ChartMetadata? Chart)
{
    /// <summary>Returns the row of a release.</summary>
    public static VersionRow Of(PackageIndex index, Release release, ReleaseMetadataReader metadata, DateTimeOffset now)
    {
        var manifests = index.Of(release).ToArray();
        var chart = index.Find(release, MediaType.Helm)?.Artifact?.Chart;
        return new VersionRow(
            release,
            new PageTime(manifests.Max(static manifest => manifest.CreatedAt), now),
            [.. manifests.Select(static manifest => (manifest.MediaType, manifest.Content.Size))],
            [
                .. index.Channels.Where(channel => channel.Current == release)
                    .Take(ReleaseModel.ShownChannels)
                    .Select(static channel => channel.Name.Value),
            ],
            metadata.Read(chart?.Metadata) is { } json ? ChartMetadata.Parse(json.Utf8) : null);
    }
}

/// <summary>An artifact that is attached to a manifest.</summary>
/// <param name="Kind">What it is, such as <c>Signature</c>.</param>
/// <param name="Type">Its artifact type.</param>
/// <param name="Digest">Its digest.</param>
internal sealed record AttachedRow(string Kind, string Type, Digest Digest)
{
    /// <summary>Whether clients fetch it as a file.</summary>
    public bool IsFile { get; init; } = true;

    /// <summary>Returns the row of an artifact.</summary>
    public static AttachedRow Of(string type, Digest digest) => new(KindOf(type), type, digest);

    private static string KindOf(string type)
    {
        (string Text, string Kind)[] kinds =
        [
            ("sbom", "SBOM"), ("spdx", "SBOM"), ("cyclonedx", "SBOM"), ("attest", "Attestation"),
            ("in-toto", "Attestation"), (" att", "Attestation"), ("provenance", "Attestation"),
            ("signature", "Signature"), ("cosign", "Signature"), ("sigstore", "Signature"),
        ];
        foreach (var (text, kind) in kinds)
            if (type.Contains(text, StringComparison.OrdinalIgnoreCase))
                return kind;
        return "Artifact";
    }
}
