using System.Globalization;
using Registry.Core.Content;

namespace Registry.Storage.Gcs;

/// <summary>What a write says of its object besides the bytes, and how that is read again.</summary>
internal static class GcsMetadata
{
    /// <summary>The fields of an object that a blob is described by.</summary>
    public const string Fields = "name,size,generation,metageneration,timeCreated,crc32c,metadata";

    /// <summary>
    /// Names the custom metadata with a random id of the write: by it a write whose answer was lost knows its own work
    /// again.
    /// </summary>
    public const string WriteKey = "write";

    /// <summary>Names the custom metadata with the time of the upload, in microseconds since 1970.</summary>
    public const string UploadedKey = "uploaded-at";

    /// <summary>Of every object that the registry writes.</summary>
    public const string ContentType = "application/octet-stream";

    private static readonly long FirstMicrosecond =
        (DateTimeOffset.MinValue - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
    private static readonly long LastMicrosecond =
        (DateTimeOffset.MaxValue - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    /// <summary>A document on its way.</summary>
    /// <param name="writeId">Names the write.</param>
    /// <param name="crc32c">The service refuses content that does not have this checksum.</param>
    public static GcsObject OfDocument(string writeId, string crc32c) => new()
    {
        ContentType = ContentType,
        CacheControl = "no-store",
        Crc32c = crc32c,
        Metadata = new Dictionary<string, string> { [WriteKey] = writeId },
    };

    /// <summary>A blob on its way.</summary>
    public static GcsObject OfBlob(string writeId, DateTimeOffset uploadedAt, string crc32c)
    {
        var blob = OfDocument(writeId, crc32c);
        blob.Metadata = OfTouch(writeId, uploadedAt).Metadata;
        return blob;
    }

    /// <summary>A blob that is there already. What is not named keeps its value.</summary>
    public static GcsObject OfTouch(string writeId, DateTimeOffset uploadedAt) => new()
    {
        Metadata = new Dictionary<string, string>
        {
            [WriteKey] = writeId,
            [UploadedKey] = ((uploadedAt - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond).ToString(
                CultureInfo.InvariantCulture),
        },
    };

    /// <summary>The id of the write that made this state; null where it does not say.</summary>
    public static string? WriteIdOf(GcsObject found) => ValueOf(found, WriteKey);

    /// <summary>
    /// When a blob was uploaded. An object that was copied by hand without its metadata counts from when it was made.
    /// </summary>
    public static DateTimeOffset UploadedAtOf(GcsObject found) =>
        long.TryParse(
            ValueOf(found, UploadedKey),
            NumberStyles.AllowLeadingSign,
            CultureInfo.InvariantCulture,
            out var microseconds)
        && microseconds >= FirstMicrosecond && microseconds <= LastMicrosecond
            ? DateTimeOffset.UnixEpoch.AddTicks(microseconds * TimeSpan.TicksPerMicrosecond)
            : Microseconds.Floor(found.TimeCreatedDateTimeOffset ?? DateTimeOffset.UnixEpoch);

    private static string? ValueOf(GcsObject found, string key) =>
        found.Metadata is { } metadata && metadata.TryGetValue(key, out var value) ? value : null;
}
