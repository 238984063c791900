using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Registry.Core.Content;
using Registry.Core.Storage;
using Registry.Core.Versions;

namespace Registry.Core.Packages;

/// <summary>
/// Everything that is known of one package, immutable: each rule is a method that gives the next index or throws a
/// <see cref="Errors.RegistryException"/>. A package without manifests does not exist: there is no empty index, there
/// is null.
/// </summary>
public sealed class PackageIndex
{
    /// <summary>Made when it is first asked for; made twice by two that ask at once, and equal then.</summary>
    private volatile Dictionary<Digest, Manifest>? byContent;

    private PackageIndex(
        PackageName name,
        DateTimeOffset createdAt,
        ImmutableArray<Manifest> manifests,
        ImmutableArray<Channel> channels)
    {
        (Name, CreatedAt, Manifests, Channels) = (name, createdAt, manifests, channels);
        var releases = ImmutableArray.CreateBuilder<Release>(manifests.Length);
        foreach (var manifest in manifests)
            if (releases.Count == 0 || releases[^1] != manifest.Release)
                releases.Add(manifest.Release);
        Releases = releases.DrainToImmutable();
    }

    /// <summary>The package.</summary>
    public PackageName Name { get; }

    /// <summary>
    /// The first push of the package: kept by every later one, new after its last release was deleted.
    /// </summary>
    public DateTimeOffset CreatedAt { get; }

    /// <summary>By release, highest first, then by media type. Never empty.</summary>
    public ImmutableArray<Manifest> Manifests { get; }

    /// <summary>The releases, highest first, each once.</summary>
    public ImmutableArray<Release> Releases { get; }

    /// <summary>The channels, by name.</summary>
    public ImmutableArray<Channel> Channels { get; }

    /// <summary>An index from its parts, in any order: as it is read from storage.</summary>
    /// <exception cref="FormatException">
    /// No manifest, one twice, or a channel that points to a release that is not there.
    /// </exception>
    public static PackageIndex Restore(
        PackageName name, DateTimeOffset createdAt, IEnumerable<Manifest> manifests, IEnumerable<Channel> channels)
    {
        var index = new PackageIndex(
            name,
            createdAt,
            Sorted(name, [.. manifests]),
            [.. channels.OrderBy(channel => channel.Name.Value, StringComparer.Ordinal)]);
        if (index.Manifests.IsEmpty || index.Channels.Any(channel =>
            channel.Releases.IsEmpty || !channel.Releases.Contains(channel.Current)
                || channel.Releases.Any(release => !index.Contains(release))))
            throw new FormatException(
                $"{name} has no release, or a channel points to a release that it does not have.");
        return index;
    }

    /// <summary>A push.</summary>
    /// <param name="index">The package as it is; null when there is none yet.</param>
    /// <param name="name">The package.</param>
    /// <param name="manifest">What was pushed.</param>
    /// <param name="force">Replace what is there. Channels keep pointing to the release.</param>
    /// <exception cref="Errors.RegistryException">
    /// <see cref="Errors.ErrorCode.PackageExists"/>: it is there and <paramref name="force"/> is off.
    /// </exception>
    public static PackageIndex With(PackageIndex? index, PackageName name, Manifest manifest, bool force)
    {
        if (index is null)
            return new PackageIndex(name, manifest.CreatedAt, [manifest], []);
        var at = index.Manifests.BinarySearch(manifest, ManifestOrder);
        if (at >= 0 && !force)
            throw PackageErrors.PackageExists(name, manifest.Release, manifest.MediaType);
        return new PackageIndex(
            name, index.CreatedAt, at >= 0
                ? index.Manifests.SetItem(at, manifest)
                : index.Manifests.Insert(~at, manifest), index.Channels);
    }

    /// <summary>
    /// A release that a backup brings: as a forced push, but where it is older than the package, the package becomes as
    /// old.
    /// </summary>
    /// <param name="index">The package as it is; null when there is none yet.</param>
    /// <param name="name">The package.</param>
    /// <param name="manifest">What is restored, with the time of its first push.</param>
    public static PackageIndex WithRestored(PackageIndex? index, PackageName name, Manifest manifest)
    {
        var next = With(index, name, manifest, force: true);
        return manifest.CreatedAt < next.CreatedAt
            ? new PackageIndex(name, manifest.CreatedAt, next.Manifests, next.Channels)
            : next;
    }

    /// <summary>
    /// The package without a release in one media type: null when that was the last. A release that goes altogether
    /// leaves its channels: their highest remaining release becomes current, and an empty channel goes.
    /// </summary>
    /// <exception cref="Errors.RegistryException"><see cref="Errors.ErrorCode.PackageNotFound"/>.</exception>
    public PackageIndex? Without(Release release, MediaType mediaType)
    {
        var manifests = Manifests.Remove(Get(release, mediaType));
        if (manifests.IsEmpty)
            return null;
        var channels = manifests.Any(manifest => manifest.Release == release)
            ? Channels
            : [.. Channels.Select(channel => channel.Without(release)).OfType<Channel>()];
        return new PackageIndex(Name, CreatedAt, manifests, channels);
    }

    /// <summary>
    /// The package with a release put into a channel, which comes into being on the fly, and made its current one.
    /// </summary>
    /// <exception cref="Errors.RegistryException"><see cref="Errors.ErrorCode.ReleaseNotFound"/>.</exception>
    public PackageIndex WithChannelRelease(ChannelName name, Release release)
    {
        if (!Contains(release))
            throw PackageErrors.ReleaseNotFound(Name, release.Value);
        var channel = FindChannel(name)?.With(release) ?? new Channel(name, release, [release]);
        return Restore(Name, CreatedAt, Manifests, Channels.Where(other => other.Name != name).Append(channel));
    }

    /// <summary>
    /// The package with a channel as it is given, in place of what it was; unchanged when it is so already.
    /// </summary>
    /// <exception cref="FormatException">It is empty, or has a release that the package does not have.</exception>
    public PackageIndex WithChannel(Channel channel) =>
        FindChannel(channel.Name) is { } known
            && known.Current == channel.Current
            && known.Releases.SequenceEqual(channel.Releases)
            ? this
            : Restore(Name, CreatedAt, Manifests, Channels.Where(other => other.Name != channel.Name).Append(channel));

    /// <summary>
    /// The package with a release taken out of a channel. A release that is no member changes nothing; without its last
    /// one the channel goes.
    /// </summary>
    /// <exception cref="Errors.RegistryException">
    /// <see cref="Errors.ErrorCode.ChannelNotFound"/>, or <see cref="Errors.ErrorCode.PackageNotFound"/> for a release
    /// that the package does not have.
    /// </exception>
    public PackageIndex WithoutChannelRelease(ChannelName name, string release)
    {
        var channel = GetChannel(name);
        if (!Release.TryParse(release, out var exact, out _) || !Contains(exact))
            throw PackageErrors.PackageNotFound(Name.Value, release);
        var rest = channel.Without(exact);
        return ReferenceEquals(rest, channel)
            ? this
            : new PackageIndex(
                Name, CreatedAt, Manifests, rest is null
                    ? Channels.Remove(channel)
                    : Channels.Replace(channel, rest, ReferenceEqualityComparer.Instance));
    }

    /// <summary>The package without a channel.</summary>
    /// <exception cref="Errors.RegistryException"><see cref="Errors.ErrorCode.ChannelNotFound"/>.</exception>
    public PackageIndex WithoutChannel(
        ChannelName name) => new(Name, CreatedAt, Manifests, Channels.Remove(GetChannel(name)));

    /// <summary>Whether the package has this release in any media type.</summary>
    public bool Contains(Release release) => Releases.BinarySearch(release, HighestFirst) >= 0;

    /// <summary>The manifests of exactly this release, by media type; empty when there is no such release.</summary>
    public ReadOnlySpan<Manifest> Of(Release release)
    {
        var first = FirstOf(release);
        var end = first;
        while (end < Manifests.Length && Manifests[end].Release == release)
            end++;
        return Manifests.AsSpan()[first..end];
    }

    /// <summary>One release in one media type; null when it is not there.</summary>
    public Manifest? Find(Release release, MediaType mediaType)
    {
        foreach (var manifest in Of(release))
            if (manifest.MediaType == mediaType)
                return manifest;
        return null;
    }

    /// <summary>As <see cref="Find"/>.</summary>
    /// <exception cref="Errors.RegistryException"><see cref="Errors.ErrorCode.PackageNotFound"/>.</exception>
    public Manifest Get(Release release, MediaType mediaType) =>
        Find(release, mediaType) ?? throw PackageErrors.PackageNotFound(Name.Value, release.Value, mediaType.Value);

    /// <summary>
    /// The manifest whose blob answers for a CNR digest: of several gzip streams of one tar, the one pushed first; null
    /// when there is none.
    /// </summary>
    public Manifest? FindContent(Digest digest) => (byContent ??= ByContent()).GetValueOrDefault(digest);

    /// <summary>Whether any manifest needs the blob of this name.</summary>
    public bool References(Digest blobDigest) => Manifests.Any(manifest => manifest.Content.BlobDigest == blobDigest);

    /// <summary>A channel; null when there is none of that name.</summary>
    public Channel? FindChannel(ChannelName name) => Channels.FirstOrDefault(channel => channel.Name == name);

    /// <summary>As <see cref="FindChannel"/>.</summary>
    /// <exception cref="Errors.RegistryException"><see cref="Errors.ErrorCode.ChannelNotFound"/>.</exception>
    public Channel GetChannel(ChannelName name) => FindChannel(name) ?? throw PackageErrors.ChannelNotFound(Name, name);

    private static Comparer<Release> HighestFirst { get; } =
        Comparer<Release>.Create((left, right) => right.CompareTo(left));

    private static Comparer<Manifest> ManifestOrder { get; } = Comparer<Manifest>.Create((left, right) =>
        right.Release.CompareTo(left.Release) is var byRelease and not 0
            ? byRelease
            : left.MediaType.CompareTo(right.MediaType));

    /// <summary>Manifests in their order; they are stored so, and need no sorting then.</summary>
    private static ImmutableArray<Manifest> Sorted(PackageName name, ImmutableArray<Manifest> manifests)
    {
        if (!IsSorted(manifests, out _))
            manifests = manifests.Sort(ManifestOrder);
        return IsSorted(manifests, out var twice)
            ? manifests
            : throw new FormatException($"{name} holds {twice.Release} twice as {twice.MediaType}.");
    }

    /// <summary>Whether each manifest comes after the one before it; otherwise the first that does not.</summary>
    private static bool IsSorted(ImmutableArray<Manifest> manifests, [NotNullWhen(false)] out Manifest? stray)
    {
        stray = null;
        for (var i = 1; i < manifests.Length && stray is null; i++)
            if (ManifestOrder.Compare(manifests[i - 1], manifests[i]) >= 0)
                stray = manifests[i];
        return stray is null;
    }

    private Dictionary<Digest, Manifest> ByContent()
    {
        var first = new Dictionary<Digest, Manifest>(Manifests.Length);
        foreach (var manifest in Manifests)
            if (!first.TryGetValue(manifest.Content.Digest, out var earlier) || manifest.CreatedAt < earlier.CreatedAt)
                first[manifest.Content.Digest] = manifest;
        return first;
    }

    private int FirstOf(Release release)
    {
        var (low, high) = (0, Manifests.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (Manifests[middle].Release.CompareTo(release) > 0)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }
}
