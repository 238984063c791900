using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Registry.Api.Cnr;
using Registry.Api.Json;
using Registry.Core.Content;
using Registry.Core.Errors;
using Registry.Core.Packages;
using Registry.Core.Storage;

namespace Registry.Api.Backups;

/// <summary>
/// An entry of <c>packages</c> in a backup, as it stands there: one release in one media type. Null is what is missing,
/// or no text.
/// </summary>
internal sealed class BackupRelease
{
    /// <summary>
    /// Python's <c>isoformat</c>, which the reference server writes: UTC without a zone, and without a fraction where
    /// that is none.
    /// </summary>
    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK";

    private const DateTimeStyles TimeStyles = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;

    /// <summary><c>namespace/name</c>.</summary>
    public string? Package { get; set; }

    /// <summary>The release.</summary>
    public string? Release { get; set; }

    /// <summary>The media type of the manifest, in its long form.</summary>
    public string? MediaType { get; set; }

    /// <summary>When it was pushed.</summary>
    public FieldValue CreatedAt { get; set; }

    /// <summary>The sha256 of the gunzipped tar.</summary>
    public string? TarDigest { get; set; }

    /// <summary>The length of the blob, as a JSON number.</summary>
    public string? ContentSize { get; set; }

    /// <summary>The metadata as JSON; null for none.</summary>
    public BoundedBytes? Metadata { get; set; }

    /// <summary>The channels that the release is in, current or not.</summary>
    public List<string?> Channels { get; } = [];

    /// <summary>Whether there was a blob.</summary>
    public bool HasBlob { get; set; }

    /// <summary>How people call it.</summary>
    public override string ToString() =>
        $"{Shown(Package)} {Shown(Release)} as "
            + $"{(Core.Content.MediaType.TryParse(MediaType, out var type) ? type.Value : Shown(MediaType))}";

    /// <summary>What it says, by the rules of the registry.</summary>
    /// <param name="content">Its content, read to its end.</param>
    /// <exception cref="RegistryException">
    /// It says too little, or what no registry takes: the message is the end of a sentence.
    /// </exception>
    public RestoredRelease Parse(ContentSpool content)
    {
        if (!CnrName.TryParse(Package, out var package))
            throw Wrong(
                Package is null
                    ? "its 'package' is missing"
                    : "its 'package' is no name of a package that this registry takes");
        if (!Core.Versions.Release.TryParse(Release, out var release, out var reason))
            throw Wrong($"its 'release' is none: {reason}");
        if (!Core.Content.MediaType.TryParse(MediaType, out var mediaType))
            throw Wrong("its 'mediaType' is none that this registry takes");
        if (Metadata is { Overflown: true })
            throw Wrong("its 'metadata' is larger than this registry takes");
        if (!HasBlob)
            throw Wrong("its 'blob' is missing");
        if (content.Refusal is { } refusal)
            throw Wrong(refusal);
        if (!Digest.TryParse(TarDigest, out var digest))
            throw Wrong("its 'content' has no 'digest'");
        if (!long.TryParse(ContentSize, NumberStyles.None, CultureInfo.InvariantCulture, out var size))
            throw Wrong("its 'content' has no 'size'");
        return size == content.Length
            ? new RestoredRelease(package, release, mediaType, ParseTime(), Metadata?.ToText(), digest)
            : throw Wrong($"its blob has {content.Length} bytes where 'content' says {size}");
    }

    /// <summary>Text of a backup for an operator's eyes, without what a terminal would obey.</summary>
    public static string Shown(
        string? text) =>
        text is null ? "?" : JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).ToString();

    private DateTimeOffset? ParseTime() => CreatedAt switch
    {
        { Kind: FieldKind.Absent or FieldKind.Null } => null,
        { Text: { } text } when DateTimeOffset.TryParseExact(
            text, TimeFormat, CultureInfo.InvariantCulture, TimeStyles, out var time) => Microseconds.Floor(time),
        _ => throw Wrong("its 'created_at' is no time such as 2016-10-11T12:03:24.941731"),
    };

    private static RegistryException Wrong(string message) => new(ErrorCode.InvalidParameters, message);
}

/// <summary>An entry of <c>channels</c> in a backup, as it stands there. Null is what is missing, or no text.</summary>
/// <param name="Package"><c>namespace/name</c>.</param>
/// <param name="Name">The channel.</param>
/// <param name="Current">Its current release.</param>
internal sealed record BackupChannel(string? Package, string? Name, string? Current);
