using System.Diagnostics.CodeAnalysis;
using Registry.Core.Artifacts;
using Registry.Core.Content;
using Registry.Core.Versions;

namespace Registry.Core.Packages;

/// <summary>
/// The tags of a release. A tag cannot contain a <c>+</c>, so Helm writes <c>_</c> for it: release <c>1.2.0+b1</c> has
/// the tag <c>1.2.0_b1</c>. A release in several media types also has one tag for each, such as <c>1.2.0__kpm</c>, and
/// one for the image index over them, <c>1.2.0__index</c>.
/// </summary>
public static class ReleaseTag
{
    private const string Separator = "__";
    private const string Index = "index";

    /// <summary>Returns the tag of the image index of a release; null when it would be too long.</summary>
    public static TagName? OfIndex(Release release) =>
        TagName.TryParse($"{TagName.Of(release)}{Separator}{Index}", out var tag) ? tag : null;

    /// <summary>
    /// Returns the tag of a release in one media type; null when the media type cannot be part of a tag.
    /// </summary>
    public static TagName? Of(Release release, MediaType mediaType) =>
        mediaType.Value != Index && TagName.TryParse($"{TagName.Of(release)}{Separator}{mediaType}", out var tag)
            ? tag
            : null;

    /// <summary>Whether only the registry sets this tag: a release, two underscores, and more.</summary>
    /// <param name="tag">The tag.</param>
    /// <param name="release">The release, which need not exist.</param>
    /// <param name="suffix">What follows the underscores: a media type, or <c>index</c>.</param>
    public static bool IsReserved(TagName tag, out Release release, [NotNullWhen(true)] out string? suffix)
    {
        release = default;
        suffix = null;
        var at = tag.Value.IndexOf(Separator, StringComparison.Ordinal);
        if (at < 0
            || at + Separator.Length == tag.Value.Length
            || !Release.TryParse(tag.Value[..at].Replace('_', '+'), out release, out _))
            return false;
        suffix = tag.Value[(at + Separator.Length)..];
        return true;
    }

    /// <summary>Whether a reserved tag names the image index of its release.</summary>
    internal static bool IsIndex(string suffix) => suffix == Index;

    /// <summary>
    /// Returns the tag of a channel; null for a channel that has none, since its name contains a <c>+</c>, looks like a
    /// version or is reserved.
    /// </summary>
    public static TagName? Of(ChannelName channel) =>
        TagName.TryParse(channel.Value, out var tag) && !tag.TryGetRelease(out _) && !IsReserved(tag, out _, out _)
            ? tag
            : null;
}
