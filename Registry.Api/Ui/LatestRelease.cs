using Registry.Core.Versions;

namespace Registry.Api.Ui;

/// <summary>The release that a page shows for a package.</summary>
internal static class LatestRelease
{
    /// <summary>
    /// Returns the highest release that is no prerelease, or else the highest; null when there is none.
    /// </summary>
    /// <param name="releases">The releases, highest first.</param>
    public static Release? Of(IEnumerable<Release> releases)
    {
        Release? highest = null;
        foreach (var release in releases)
        {
            if (!release.IsPrerelease)
                return release;
            highest ??= release;
        }

        return highest;
    }
}
