using System.Collections.Immutable;
using Registry.Core.Versions;

namespace Registry.Core.Packages;

/// <summary>A channel as a backup tells it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Current">Its current release; null where the backup does not say.</param>
/// <param name="Releases">Its releases, in any order.</param>
public sealed record RestoredChannel(ChannelName Name, Release? Current, ImmutableArray<Release> Releases)
{
    /// <summary>
    /// The channel as it shall be: the releases of the backup join those that it has. Null when the package has none of
    /// them.
    /// </summary>
    /// <remarks>
    /// The current release is that of the backup. Where the backup names none, or one that is not there any more, a
    /// channel that exists keeps its own, and a new one gets its highest, as when a current release is deleted.
    /// </remarks>
    internal Channel? ApplyTo(PackageIndex index)
    {
        var known = index.FindChannel(Name);
        ImmutableArray<Release> releases =
        [
            .. Releases.Concat(known?.Releases ?? [])
                .Concat(Current is { } named ? [named] : [])
                .Where(index.Contains)
                .Distinct()
                .OrderDescending(),
        ];
        return releases.IsEmpty
            ? null
            : new Channel(
                Name,
                Current is { } current && index.Contains(current) ? current : known?.Current ?? releases[0],
                releases);
    }
}
