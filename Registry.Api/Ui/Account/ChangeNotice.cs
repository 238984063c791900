using Registry.Core.Artifacts;
using Registry.Core.Content;
using Registry.Core.Packages;
using Registry.Core.Versions;

namespace Registry.Api.Ui.Account;

/// <summary>
/// The result of a form, in the query of the next page. Anyone can craft such a URL, so the page reports only what the
/// state of the package confirms.
/// </summary>
internal static class ChangeNotice
{
    private const string MovedArgument = "moved";
    private const string EndedArgument = "ended";
    private const string UntaggedArgument = "untagged";
    private const string DeletedArgument = "deleted";
    private const string TypeArgument = "type";

    /// <summary>Returns the query after a channel was moved or created.</summary>
    public static string Moved(ChannelName channel) => $"{MovedArgument}={Uri.EscapeDataString(channel.Value)}";

    /// <summary>Returns the query after a channel was deleted.</summary>
    public static string Ended(ChannelName channel) => $"{EndedArgument}={Uri.EscapeDataString(channel.Value)}";

    /// <summary>Returns the query after a tag was deleted.</summary>
    public static string Untagged(TagName tag) => $"{UntaggedArgument}={tag}";

    /// <summary>Returns the query after a release was deleted.</summary>
    public static string Deleted(string release, string mediaType) =>
        $"{DeletedArgument}={Uri.EscapeDataString(release)}&{TypeArgument}={Uri.EscapeDataString(mediaType)}";

    /// <summary>Returns the query of the list after a package was deleted with its last content.</summary>
    public static string Deleted(PackageName package) => $"{DeletedArgument}={package}";

    /// <summary>
    /// Returns what was done, as a sentence; null if the query names no change, or the package does not confirm it.
    /// </summary>
    public static string? Of(IQueryCollection query, PackageIndex index)
    {
        if (ChannelName.TryParse(query[MovedArgument], out var moved) && index.FindChannel(moved) is { } channel)
            return $"Channel {moved} now points to {channel.Current}.";
        if (ChannelName.TryParse(query[EndedArgument], out var ended) && index.FindChannel(ended) is null)
            return $"Channel {ended} was deleted.";
        if (TagName.TryParse(query[UntaggedArgument], out var tag) && index.FindManifest(tag) is null)
            return $"Tag {tag} was deleted.";
        return Release.TryParse(query[DeletedArgument], out var release, out _)
            && MediaType.TryParse(query[TypeArgument], out var mediaType)
            && index.Find(release, mediaType) is null
                ? $"Release {release} ({mediaType}) was deleted."
                : null;
    }
}
