using System.Collections.Immutable;

namespace Registry.Tests.Support.Linearizability;

/// <summary>
/// The immutable model of one package: the content of each release, and the channels. The ordinal order of the
/// releases must equal their version order, which holds while every number has one digit.
/// </summary>
internal sealed class PackageState
{
    private static readonly Comparer<string> HighestFirst =
        Comparer<string>.Create(static (left, right) => string.CompareOrdinal(right, left));

    private static readonly ImmutableSortedSet<string> NoReleases =
        ImmutableSortedSet<string>.Empty.WithComparer(HighestFirst);

    private readonly ImmutableSortedDictionary<string, string> releases;
    private readonly ImmutableSortedDictionary<string, Members> channels;

    private PackageState(
        ImmutableSortedDictionary<string, string> releases, ImmutableSortedDictionary<string, Members> channels)
    {
        // Deleting the last release deletes the package and its channels.
        (this.releases, this.channels) = (releases, releases.IsEmpty ? channels.Clear() : channels);
        Text = releases.IsEmpty ? "no package" : $"{ReleasesText} | {ChannelsText}";
    }

    /// <summary>The state without a package.</summary>
    public static PackageState Absent { get; } = new(
        ImmutableSortedDictionary.Create<string, string>(
            HighestFirst), ImmutableSortedDictionary.Create<string, Members>(StringComparer.Ordinal));

    /// <summary>The complete state as text: equal texts mean equal states.</summary>
    public string Text { get; }

    public bool Exists => !releases.IsEmpty;

    public IEnumerable<string> Releases => releases.Keys;

    public string ReleasesText => string.Join(' ', releases.Select(static release => $"{release.Key}={release.Value}"));

    public string ChannelsText =>
        string.Join(
            ' ',
            channels.Select(static channel => Describe(channel.Key, channel.Value.Current, channel.Value.Releases)));

    /// <summary>Formats a channel.</summary>
    public static string Describe(
        string channel,
        string current,
        IEnumerable<string> releases) => $"{channel}:{current}({string.Join(',', releases)})";

    public bool Has(string release) => releases.ContainsKey(release);

    public bool HasChannel(string channel) => channels.ContainsKey(channel);

    /// <summary>Returns the content of a release.</summary>
    public string ContentOf(string release) => releases[release];

    /// <summary>Returns the channels that point to a release.</summary>
    public IEnumerable<string> ChannelsOf(
        string release) =>
        channels.Where(channel => channel.Value.Current == release).Select(static channel => channel.Key);

    public string Describe(string channel) => Describe(channel, channels[channel].Current, channels[channel].Releases);

    public PackageState With(string release, string content) => new(releases.SetItem(release, content), channels);

    public PackageState Without(string release) => new(
        releases.Remove(release), channels.Keys.Aggregate(channels, (rest, channel) => Leave(rest, channel, release)));

    public PackageState WithChannelRelease(string channel, string release) => new(
        releases,
        channels.SetItem(
            channel, new Members(release, (channels.GetValueOrDefault(channel)?.Releases ?? NoReleases).Add(release))));

    public PackageState WithoutChannelRelease(
        string channel, string release) => new(releases, Leave(channels, channel, release));

    public PackageState WithoutChannel(string channel) => new(releases, channels.Remove(channel));

    private static ImmutableSortedDictionary<string, Members> Leave(
        ImmutableSortedDictionary<string, Members> channels, string channel, string release)
    {
        var rest = channels[channel].Releases.Remove(release);
        return rest.Count == channels[channel].Releases.Count ? channels
            : rest.IsEmpty ? channels.Remove(channel)
            : channels.SetItem(channel, new Members(rest[0], rest));
    }

    private sealed record Members(string Current, ImmutableSortedSet<string> Releases);
}
