using System.Globalization;
using System.Text.Json.Serialization;
using Registry.Core.Catalog;
using Registry.Core.Content;
using Registry.Core.Packages;

namespace Registry.Api.Cnr;

/// <summary>A package in a list.</summary>
/// <param name="Name"><c>namespace/name</c>.</param>
/// <param name="Releases">Its releases, highest first; with a <c>media_type</c> filter, only those in it.</param>
/// <param name="Default">The first of <paramref name="Releases"/>, prereleases included.</param>
/// <param name="CreatedAt">The first push of the package, UTC.</param>
/// <param name="Visibility">Always <c>public</c>.</param>
/// <param name="Manifests">The media types of the default release.</param>
internal sealed record PackageSummary(
    string Name,
    IEnumerable<string> Releases,
    string Default,
    string CreatedAt,
    string Visibility,
    IEnumerable<string> Manifests)
{
    public static PackageSummary Of(CatalogEntry entry) => new(
        entry.Name.Value,
        entry.Releases.Select(release => release.Release.Value),
        entry.Releases[0].Release.Value,
        CnrTime.Format(entry.CreatedAt),
        "public",
        entry.Releases[0].MediaTypes.Select(mediaType => mediaType.Value));
}

/// <summary>The content of a manifest.</summary>
/// <param name="Digest">The sha256 of the gunzipped tar, 64 hex digits.</param>
/// <param name="MediaType">In its long form.</param>
/// <param name="Size">The length of the gzip, in bytes.</param>
/// <param name="Urls">Always empty.</param>
internal sealed record ContentResponse(
    string Digest, [property: JsonPropertyName("mediaType")] string MediaType, long Size, IReadOnlyList<string> Urls)
{
    public static ContentResponse Of(ContentDescriptor content, LongMediaTypes mediaTypes) =>
        new(CnrDigest.Of(content).Value, mediaTypes.OfContent(content.MediaType), content.Size, []);
}

/// <summary>One release of a package in one media type.</summary>
/// <param name="Package"><c>namespace/name</c>.</param>
/// <param name="Release">The release.</param>
/// <param name="MediaType">In its long form.</param>
/// <param name="Content">The content that was pushed.</param>
/// <param name="CreatedAt">The time of the push, UTC.</param>
/// <param name="Metadata">The JSON value that was pushed with the release; null for none.</param>
/// <param name="Channels">
/// The channels whose current release this is. Absent in lists.
/// </param>
internal sealed record ManifestResponse(
    string Package,
    string Release,
    [property: JsonPropertyName("mediaType")] string MediaType,
    ContentResponse Content,
    string CreatedAt,
    RawJson? Metadata,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IEnumerable<string>? Channels)
{
    public static ManifestResponse Of(
        PackageName package,
        Manifest manifest,
        RawJson? metadata,
        LongMediaTypes mediaTypes,
        IEnumerable<string>? channels = null) => new(
        package.Value,
        manifest.Release.Value,
        mediaTypes.OfManifest(manifest.MediaType),
        ContentResponse.Of(manifest.Content, mediaTypes),
        CnrTime.Format(manifest.CreatedAt),
        metadata,
        channels);
}

/// <summary>A channel.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Current">The current release.</param>
/// <param name="Releases">Its releases, highest first.</param>
internal sealed record ChannelResponse(string Name, string Current, IEnumerable<string> Releases)
{
    public static ChannelResponse Of(
        Channel channel) =>
        new(channel.Name.Value, channel.Current.Value, channel.Releases.Select(release => release.Value));
}

/// <summary>The response to a push.</summary>
/// <param name="Status">Always <c>ok</c>.</param>
internal sealed record PushedResponse(string Status);

/// <summary>The response to a delete of a release.</summary>
/// <param name="Package"><c>namespace/name</c>.</param>
/// <param name="Release">The release.</param>
/// <param name="Status">Always <c>deleted</c>.</param>
internal sealed record DeletedResponse(string Package, string Release, string Status);

/// <summary>The response to removing a release from a channel.</summary>
/// <param name="Name">The channel.</param>
/// <param name="Package"><c>namespace/name</c>.</param>
/// <param name="Release">The release.</param>
/// <param name="Status">Always <c>deleted</c>.</param>
internal sealed record ChannelReleaseDeletedResponse(string Name, string Package, string Release, string Status);

/// <summary>The response to a delete of a channel.</summary>
/// <param name="Action">Always <c>delete</c>.</param>
/// <param name="Channel">The channel.</param>
/// <param name="Package"><c>namespace/name</c>.</param>
internal sealed record ChannelDeletedResponse(string Action, string Channel, string Package);

/// <summary>The time format of CNR: UTC, always with six decimals of the second, without a zone.</summary>
internal static class CnrTime
{
    /// <summary>
    /// The length of the result. The round-trip format, which is ten times faster than a custom one, adds a seventh
    /// decimal and a zone; both are cut off.
    /// </summary>
    private const int Length = 26;

    public static string Format(DateTimeOffset time)
    {
        Span<char> text = stackalloc char[Length + 2];
        time.UtcDateTime.TryFormat(text, out _, "O", CultureInfo.InvariantCulture);
        return text[..Length].ToString();
    }
}

[JsonSerializable(typeof(PackageSummary))]
[JsonSerializable(typeof(ManifestResponse))]
[JsonSerializable(typeof(ChannelResponse))]
[JsonSerializable(typeof(PushedResponse))]
[JsonSerializable(typeof(DeletedResponse))]
[JsonSerializable(typeof(ChannelReleaseDeletedResponse))]
[JsonSerializable(typeof(ChannelDeletedResponse))]
[JsonSerializable(typeof(LoginRequest))]
[JsonSerializable(typeof(LoggedInResponse))]
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(Dictionary<string, string>))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
internal sealed partial class CnrJsonContext : JsonSerializerContext;
