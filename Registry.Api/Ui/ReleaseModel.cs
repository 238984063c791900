using System.Collections.Immutable;
using Registry.Core.Artifacts;
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
/// <param name="Chart">The chart; null when Helm does not list the release.</param>
/// <param name="Files">The files of the release; null when there is no release.</param>
internal sealed record ReleaseModel(
    ReleaseRequest Request, Release? Latest, Manifest? Manifest, ChartMetadata? Chart, ArchiveFiles? Files)
{
    /// <summary>The commands that use the release.</summary>
    public required IReadOnlyList<Command> Commands { get; init; }

    /// <summary>The address of the icon, relative to the root; null for none.</summary>
    public required string? Icon { get; init; }

    /// <summary>The releases of the shown page of the list.</summary>
    public required ImmutableArray<VersionRow> Versions { get; init; }

    /// <summary>The number of pages of the list.</summary>
    public required int VersionPages { get; init; }

    /// <summary>The tags that are neither releases nor channels.</summary>
    public required ImmutableArray<TagRow> Tags { get; init; }

    /// <summary>The signatures and other artifacts that are attached to the release.</summary>
    public ImmutableArray<AttachedRow> Attached { get; init; } = [];

    /// <summary>The package.</summary>
    public PackageIndex Index => Request.Index;

    /// <summary>The name of the package.</summary>
    public PackageName Name => Index.Name;

    /// <summary>The part that is shown: the requested one if there is such a part, or else the first.</summary>
    public ReleaseTab Tab =>
        Tabs.FirstOrDefault(tab => tab.Name == Request.Tab) ?? Tabs[0];

    /// <summary>The README; null when there is none that is text.</summary>
    public required string? Readme { get; init; }

    /// <summary>The default values; null when there are none.</summary>
    public required string? Values { get; init; }

    /// <summary>The parts of the page that have something to show.</summary>
    public IReadOnlyList<ReleaseTab> Tabs
    {
        get
        {
            var tabs = new List<ReleaseTab>();
            if (Readme is not null)
                tabs.Add(ReleaseTab.Readme);
            if (Values is not null)
                tabs.Add(ReleaseTab.Values);
            if (Manifest is not null)
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

    /// <summary>What the package is: the description of the chart; empty when it does not say.</summary>
    public string Description => Chart?.Description ?? "";

    /// <summary>The media types of the release.</summary>
    public IEnumerable<MediaType> MediaTypes =>
        Manifest is null ? [] : Index.Of(Manifest.Release).ToArray().Select(static manifest => manifest.MediaType);

    /// <summary>The channels that point at the release.</summary>
    public IEnumerable<Channel> Channels =>
        Index.Channels.Where(channel => channel.Current == Manifest?.Release);

    /// <summary>Returns the query of a part of this page.</summary>
    /// <param name="tab">The part.</param>
    /// <param name="file">The path of a file; null for none.</param>
    public string QueryOf(ReleaseTab tab, string? file = null) =>
        $"?tab={tab.Name}"
            + (file is null ? "" : $"&file={Uri.EscapeDataString(file)}")
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
internal sealed record VersionRow(
    Release Release,
    PageTime PushedAt,
    ImmutableArray<(MediaType Type, long Size)> Contents,
    ImmutableArray<string> Channels)
{
    /// <summary>Returns the row of a release.</summary>
    public static VersionRow Of(PackageIndex index, Release release, DateTimeOffset now)
    {
        var manifests = index.Of(release).ToArray();
        return new VersionRow(
            release,
            new PageTime(manifests.Max(static manifest => manifest.CreatedAt), now),
            [.. manifests.Select(static manifest => (manifest.MediaType, manifest.Content.Size))],
            [
                .. index.Channels.Where(channel => channel.Current == release)
                    .Select(static channel => channel.Name.Value),
            ]);
    }
}

/// <summary>A tag that is neither a release nor a channel.</summary>
/// <param name="Name">The name.</param>
/// <param name="Manifest">What it gives.</param>
internal sealed record TagRow(TagName Name, StoredManifest Manifest);

/// <summary>An artifact that is attached to a release.</summary>
/// <param name="Kind">What it is, such as <c>Signature</c>.</param>
/// <param name="Type">Its artifact type.</param>
/// <param name="Digest">Its digest.</param>
internal sealed record AttachedRow(string Kind, string Type, Digest Digest)
{
    /// <summary>Returns the row of an artifact.</summary>
    public static AttachedRow Of(string type, StoredManifest manifest) => new(KindOf(type), type, manifest.Digest);

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
