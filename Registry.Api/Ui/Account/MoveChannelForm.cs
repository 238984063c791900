using Registry.Core.Packages;
using Registry.Core.Versions;

namespace Registry.Api.Ui.Account;

/// <summary>The form that moves a channel.</summary>
/// <param name="Channel">The channel, as entered.</param>
/// <param name="Release">The release, as entered.</param>
internal sealed record MoveChannelForm(string Channel, string Release)
{
    /// <summary>The form before anything is entered.</summary>
    public static MoveChannelForm Empty { get; } = new("", "");

    /// <summary>What is wrong with the channel, as a sentence; null for nothing.</summary>
    public string? ChannelProblem { get; private init; }

    /// <summary>What is wrong with the release, as a sentence; null for nothing.</summary>
    public string? ReleaseProblem { get; private init; }

    /// <summary>Checks what was entered.</summary>
    /// <param name="package">The package.</param>
    /// <param name="channel">The channel.</param>
    /// <param name="release">A release of the package.</param>
    /// <returns>The form with its problems; null when there are none.</returns>
    public MoveChannelForm? Check(PackageIndex package, out ChannelName channel, out Release release)
    {
        var isChannel = ChannelName.TryParse(Channel, out channel);
        var isRelease = Core.Versions.Release.TryParse(Release, out release, out _) && package.Contains(release);
        return isChannel && isRelease
            ? null
            : this with
            {
                ChannelProblem = isChannel
                    ? null
                    : "A channel has 1 to 80 letters, digits, or the characters . _ + -; the first is a letter, "
                        + "a digit or _.",
                ReleaseProblem = isRelease
                    ? null
                    : Release.Length == 0
                        ? "Enter a release of this package."
                        : $"This package has no release '{Release}'. Enter the whole version.",
            };
    }
}
