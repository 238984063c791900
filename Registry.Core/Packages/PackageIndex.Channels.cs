using System.Collections.Immutable;
using Registry.Core.Artifacts;
using Registry.Core.Versions;

namespace Registry.Core.Packages;

/// <content>The rules of channels.</content>
public sealed partial class PackageIndex
{
    /// <summary>
    /// Returns the index with a release added to a channel, which is created if needed, as its current release. It
    /// replaces the plain tag of its name.
    /// </summary>
    /// <exception cref="Errors.RegistryException"><see cref="Errors.ErrorCode.ReleaseNotFound"/>.</exception>
    public PackageIndex WithChannelRelease(ChannelName name, Release release)
    {
        if (!Contains(release))
            throw PackageErrors.ReleaseNotFound(Name, release.Value);
        var channel = FindChannel(name)?.With(release) ?? new Channel(name, release, [release]);
        return Restore(
            Name,
            CreatedAt,
            Manifests,
            Channels.Where(other => other.Name != name).Append(channel),
            WithoutPlainTag(name));
    }

    /// <summary>
    /// Returns the index with a channel set or replaced; the same instance when the channel is equal. It replaces
    /// the plain tag of its name.
    /// </summary>
    /// <exception cref="FormatException">
    /// The channel is empty, or has a release that the package does not have.
    /// </exception>
    public PackageIndex WithChannel(Channel channel) =>
        FindChannel(channel.Name) is { } known
            && known.Current == channel.Current
            && known.Releases.SequenceEqual(channel.Releases)
            ? this
            : Restore(
                Name,
                CreatedAt,
                Manifests,
                Channels.Where(other => other.Name != channel.Name).Append(channel),
                WithoutPlainTag(channel.Name));

    /// <summary>
    /// Returns the index with a release removed from a channel; removing the last one deletes the channel. Returns the
    /// same instance when the release is not in the channel.
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
            : WithChannels(
                rest is null
                    ? Channels.Remove(channel)
                    : Channels.Replace(channel, rest, ReferenceEqualityComparer.Instance));
    }

    /// <summary>Returns the index without a channel.</summary>
    /// <exception cref="Errors.RegistryException"><see cref="Errors.ErrorCode.ChannelNotFound"/>.</exception>
    public PackageIndex WithoutChannel(ChannelName name) => WithChannels(Channels.Remove(GetChannel(name)));

    /// <summary>Returns a channel; null when it does not exist.</summary>
    public Channel? FindChannel(ChannelName name) => Channels.FirstOrDefault(channel => channel.Name == name);

    /// <summary>Returns a channel.</summary>
    /// <exception cref="Errors.RegistryException"><see cref="Errors.ErrorCode.ChannelNotFound"/>.</exception>
    public Channel GetChannel(ChannelName name) => FindChannel(name) ?? throw PackageErrors.ChannelNotFound(Name, name);

    /// <summary>A channel without a tag, such as one that looks like a version, replaces none.</summary>
    private PackageArtifacts WithoutPlainTag(ChannelName channel) =>
        ReleaseTag.Of(channel) is { } tag ? Artifacts.WithoutTag(tag.Value) : Artifacts;

    private PackageIndex WithChannels(ImmutableArray<Channel> channels) =>
        new(Name, CreatedAt, Manifests, channels, Artifacts);

    private Channel? FindChannel(TagName tag) =>
        ChannelName.TryParse(tag.Value, out var name) && ReleaseTag.Of(name) is not null ? FindChannel(name) : null;
}
