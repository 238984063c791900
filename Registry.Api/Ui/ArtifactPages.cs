using System.Collections.Immutable;
using Registry.Core.Artifacts;
using Registry.Core.Packages;
using Registry.Core.Repositories;
using Registry.Core.Storage;
using Registry.Core.Versions;

namespace Registry.Api.Ui;

/// <summary>Collects what the page of a package shows of its images and other OCI artifacts.</summary>
internal sealed class ArtifactPages(RepositoryManifests manifests, RepositoryBlobs blobs)
{
    /// <summary>The most tags that are shown.</summary>
    private const int MaxTags = 200;

    /// <summary>The most manifests in the list of tags whose facts are read.</summary>
    private const int MaxRead = 20;

    /// <summary>
    /// The largest manifest, and the largest config, that is read, in bytes. Those of images have a few KiB.
    /// </summary>
    public const int MaxReadBytes = 128 << 10;

    private const string Latest = "latest";

    /// <summary>
    /// Returns the tags that are neither releases nor channels, those of one manifest together: <c>latest</c> first,
    /// then by version. Those with which Cosign marks the signatures of a manifest are not among them.
    /// </summary>
    public static ImmutableArray<TagGroup> GroupsOf(PackageIndex index) =>
    [
        .. index.Artifacts.Tags
            .Where(tag => !IsCosign(index, tag.Name))
            .OrderByDescending(static tag => tag.Name.Value == Latest)
            .ThenByDescending(static tag => VersionOf(tag.Name))
            .Take(MaxTags)
            .GroupBy(static tag => tag.Digest)
            .Select(group => (Found: index.FindManifest(group.Key), Names: group.Select(static tag => tag.Name)))
            .Where(static group => group.Found is not null)
            .Select(static group => new TagGroup(group.Found!, [.. group.Names], Facts: null)),
    ];

    /// <summary>
    /// Returns the manifest of a tag, with the other tags on it after this one; null when there is no such tag.
    /// </summary>
    public static TagGroup? Find(PackageIndex index, TagName tag) =>
        index.Artifacts.FindTag(tag) is { } plain && index.FindManifest(plain.Digest) is { } found
            ? new TagGroup(
                found,
                [
                    tag,
                    .. index.Artifacts.Tags.Where(other => other.Digest == plain.Digest && other.Name != tag)
                        .Select(static other => other.Name)
                        .Take(MaxTags),
                ],
                Facts: null)
            : null;

    /// <summary>
    /// Returns the artifact that stands for a package without releases: the one with the tag <c>latest</c>, or else
    /// that of the highest version, or else the first.
    /// </summary>
    public static TagGroup? Choose(PackageIndex index, ImmutableArray<TagGroup> groups) =>
        groups.FirstOrDefault(static group => group.Names.Any(
            static name => name.Value == Latest || VersionOf(name) is { IsPrerelease: false }))
        ?? (groups.IsEmpty ? Untagged(index) : groups[0]);

    /// <summary>The number of manifests that belong to no release, are attached to none, and have no tag.</summary>
    public static int CountUntagged(PackageIndex index)
    {
        var tagged = index.Artifacts.Tags.Select(static tag => tag.Digest).ToHashSet();
        return index.Artifacts.Artifacts.Count(
            artifact => artifact.Subject is null && !tagged.Contains(artifact.Digest));
    }

    /// <summary>Returns the bytes of the manifests whose facts are read.</summary>
    public static long ReadBytesOf(ImmutableArray<TagGroup> groups) =>
        groups.Take(MaxRead).Where(IsRead).Sum(static group => group.Found.Manifest.Size);

    /// <summary>Reads the facts of the first manifests.</summary>
    /// <exception cref="StorageException">The storage failed, or a manifest is damaged.</exception>
    public async ValueTask<ImmutableArray<TagGroup>> ReadAsync(
        PackageIndex index, ImmutableArray<TagGroup> groups, CancellationToken cancellationToken)
    {
        var read = groups.ToBuilder();
        for (var i = 0; i < Math.Min(groups.Length, MaxRead); i++)
            read[i] = await ReadAsync(index, groups[i], cancellationToken);
        return read.MoveToImmutable();
    }

    /// <summary>Reads the facts of a manifest. One that is derived from a release, or very large, has none.</summary>
    /// <exception cref="Core.Errors.RegistryException">It was deleted in the meantime.</exception>
    /// <exception cref="StorageException">The storage failed, or the manifest is damaged.</exception>
    public async ValueTask<TagGroup> ReadAsync(
        PackageIndex index, TagGroup group, CancellationToken cancellationToken)
    {
        if (!IsRead(group))
            return group;
        var stored = group.Found.Manifest;
        var document = await manifests.ParseAsync(index.Name, stored, cancellationToken);
        return group with
        {
            Facts = ArtifactFacts.Of(
                stored,
                document,
                await manifests.ReadAsync(new OpenManifest(index, group.Found), cancellationToken),
                await ReadConfigAsync(index.Name, document.Config, cancellationToken)),
        };
    }

    private async ValueTask<ReadOnlyMemory<byte>?> ReadConfigAsync(
        PackageName package, Descriptor? config, CancellationToken cancellationToken)
    {
        if (config is null || config.Size > MaxReadBytes || !ArtifactFacts.IsImageConfig(config.MediaType)
            || await blobs.FindAsync(package, config.Digest, forPush: false, cancellationToken) is not { } found
            || found.Size > MaxReadBytes)
            return null;
        await using var reader = await blobs.OpenAsync(package, found, ByteRange.All, cancellationToken);
        var bytes = new byte[found.Size];
        await reader.Content.ReadExactlyAsync(bytes, cancellationToken);
        return bytes;
    }

    private static bool IsRead(TagGroup group) =>
        group.Found.Manifest is { IsDerived: false, Size: <= MaxReadBytes };

    private static TagGroup? Untagged(PackageIndex index) =>
        index.Artifacts.Artifacts.FirstOrDefault(static artifact => artifact.Subject is null) is { } first
            ? new TagGroup(index.FindManifest(first.Digest)!, [], Facts: null)
            : null;

    private static bool IsCosign(PackageIndex index, TagName tag) =>
        CosignTag.Parse(tag) is { } attached && index.FindManifest(attached.Subject) is not null;

    private static Release? VersionOf(TagName tag) => tag.TryGetRelease(out var release) ? release : null;
}

/// <summary>The tags of one manifest.</summary>
/// <param name="Found">The manifest.</param>
/// <param name="Names">The tags; empty for a manifest without.</param>
/// <param name="Facts">What it is; null when it was not read.</param>
internal sealed record TagGroup(FoundManifest Found, ImmutableArray<TagName> Names, ArtifactFacts? Facts)
{
    /// <summary>What clients write after the name of the package: a tag, or else the digest.</summary>
    public string Reference => Names.IsEmpty ? $"@sha256:{Found.Manifest.Digest}" : $":{Names[0]}";
}
