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
/// An unvalidated entry of <c>packages</c> in a backup: one release in one media type. Null means missing or not a
/// string.
/// </summary>
internal sealed class BackupRelease
{
    /// <summary>
    /// The format of Python's <c>isoformat</c>, which the reference server writes: UTC without a zone, and without a
    /// fraction when it is zero.
    /// </summary>
    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK";

    private const DateTimeStyles TimeStyles = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;

    /// <summary><c>namespace/name</c>.</summary>
    public string? Package { get; set; }

    /// <summary>The release.</summary>
    public string? Release { get; set; }

    /// <summary>The media type of the manifest, in its long form.</summary>
    public string? MediaType { get; set; }

    /// <summary>The time of the push.</summary>
    public FieldValue CreatedAt { get; set; }

    /// <summary>The sha256 of the gunzipped tar.</summary>
    public string? TarDigest { get; set; }

    /// <summary>The length of the blob, as a JSON number.</summary>
    public string? ContentSize { get; set; }

    /// <summary>The metadata as JSON; null for none.</summary>
    public BoundedBytes? Metadata { get; set; }

    /// <summary>The channels that contain the release, current or not.</summary>
    public List<string?> Channels { get; } = [];

    /// <summary>Whether the entry has a blob.</summary>
    public bool HasBlob { get; set; }

    /// <summary>Returns the release for messages.</summary>
    public override string ToString() =>
        $"{Escape(Package)} {Escape(Release)} as "
            + $"{(Core.Content.MediaType.TryParse(MediaType, out var type) ? type.Value : Escape(MediaType))}";

    /// <summary>Validates the entry.</summary>
    /// <param name="content">The content, read to its end.</param>
    /// <exception cref="RegistryException">
    /// A value is missing or invalid: the message is the end of a sentence.
    /// </exception>
    public RestoredRelease Parse(ContentSpool content)
    {
        if (!CnrName.TryParse(Package, out var package))
            throw Invalid(
                Package is null
                    ? "its 'package' is missing"
                    : "its 'package' is not a valid name of a package");
        if (!Core.Versions.Release.TryParse(Release, out var release, out var reason))
            throw Invalid($"its 'release' is invalid: {reason}");
        if (!Core.Content.MediaType.TryParse(MediaType, out var mediaType))
            throw Invalid("its 'mediaType' is invalid");
        if (Metadata is { Overflowed: true })
            throw Invalid("its 'metadata' is larger than the limit of this registry");
        if (!HasBlob)
            throw Invalid("its 'blob' is missing");
        if (content.Refusal is { } refusal)
            throw Invalid(refusal);
        if (!Digest.TryParse(TarDigest, out var digest))
            throw Invalid("its 'content' has no 'digest'");
        if (!long.TryParse(ContentSize, NumberStyles.None, CultureInfo.InvariantCulture, out var size))
            throw Invalid("its 'content' has no 'size'");
        return size == content.Length
            ? new RestoredRelease(package, release, mediaType, ParseTime(), Metadata?.ToText(), digest)
            : throw Invalid($"its blob has {content.Length} bytes, and 'content' says {size}");
    }

    /// <summary>Escapes a text of a backup for a terminal.</summary>
    public static string Escape(
        string? text) =>
        text is null ? "?" : JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).ToString();

    private DateTimeOffset? ParseTime() => CreatedAt switch
    {
        { Kind: FieldKind.Absent or FieldKind.Null } => null,
        { Text: { } text } when DateTimeOffset.TryParseExact(
            text, TimeFormat, CultureInfo.InvariantCulture, TimeStyles, out var time) => Microseconds.Floor(time),
        _ => throw Invalid("its 'created_at' is not a time such as 2016-10-11T12:03:24.941731"),
    };

    private static RegistryException Invalid(string message) => new(ErrorCode.InvalidParameters, message);
}

/// <summary>An unvalidated entry of <c>channels</c> in a backup. Null means missing or not a string.</summary>
/// <param name="Package"><c>namespace/name</c>.</param>
/// <param name="Name">The channel.</param>
/// <param name="Current">The current release.</param>
internal sealed record BackupChannel(string? Package, string? Name, string? Current);
