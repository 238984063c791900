using System.Collections.Immutable;
using Registry.Core.Versions;

namespace Registry.Core.Packages;

/// <summary>A named set of releases of a package, one of which is current.</summary>
/// <param name="Name">The name.</param>
/// <param name="Current">The current release: one of <paramref name="Releases"/>.</param>
/// <param name="Releases">The releases, highest first; never empty.</param>
public sealed record Channel(ChannelName Name, Release Current, ImmutableArray<Release> Releases)
{
    /// <summary>Returns the channel with a release added, if needed, and current.</summary>
    public Channel With(Release release) => this with
    {
        Current = release,
        Releases = Releases.Contains(release) ? Releases : [.. Releases.Append(release).OrderDescending()],
    };

    /// <summary>
    /// Returns the channel without a release; null when none remains. The highest remaining release becomes current.
    /// Returns the same instance when the release is not in the channel.
    /// </summary>
    public Channel? Without(Release release)
    {
        var remaining = Releases.Remove(release);
        return remaining.Length == Releases.Length ? this
            : remaining.IsEmpty ? null
            : this with { Current = remaining[0], Releases = remaining };
    }
}
