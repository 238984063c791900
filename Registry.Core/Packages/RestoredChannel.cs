using System.Collections.Immutable;
using Registry.Core.Versions;

namespace Registry.Core.Packages;

/// <summary>A channel in a backup.</summary>
/// <param name="Name">The name.</param>
/// <param name="Current">The current release; null when the backup does not contain it.</param>
/// <param name="Releases">The releases, in any order.</param>
public sealed record RestoredChannel(ChannelName Name, Release? Current, ImmutableArray<Release> Releases)
{
    /// <summary>
    /// Returns the restored channel: the releases of the backup are added to those of the channel. Null when the
    /// package has none of them.
    /// </summary>
    /// <remarks>
    /// The current release is that of the backup. When the backup names none, or one that no longer exists, an existing
    /// channel keeps its own, and a new one gets the highest, as when a current release is deleted.
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
