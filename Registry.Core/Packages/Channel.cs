using System.Collections.Immutable;
using Registry.Core.Versions;

namespace Registry.Core.Packages;

/// <summary>A named pointer into a package: releases, one of them current.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Current">The release that it points to: one of <paramref name="Releases"/>.</param>
/// <param name="Releases">Its releases, highest first; never empty.</param>
public sealed record Channel(ChannelName Name, Release Current, ImmutableArray<Release> Releases)
{
    /// <summary>The channel with a release more, and that one current, whether or not it was a member.</summary>
    public Channel With(Release release) => this with
    {
        Current = release,
        Releases = Releases.Contains(release) ? Releases : [.. Releases.Append(release).OrderDescending()],
    };

    /// <summary>
    /// The channel without a release, the highest that remains being current; null when none remains. Unchanged when
    /// the release is no member.
    /// </summary>
    public Channel? Without(Release release)
    {
        var remaining = Releases.Remove(release);
        return remaining.Length == Releases.Length ? this
            : remaining.IsEmpty ? null
            : this with { Current = remaining[0], Releases = remaining };
    }
}
