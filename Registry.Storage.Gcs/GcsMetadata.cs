using System.Globalization;
using Registry.Core.Content;
using Registry.Core.Storage;

namespace Registry.Storage.Gcs;

/// <summary>Creates and reads the metadata of objects.</summary>
internal static class GcsMetadata
{
    /// <summary>The fields of an object that describe a blob or a staged upload.</summary>
    public const string Fields = "name,size,generation,metageneration,timeCreated,updated,crc32c,metadata";

    /// <summary>
    /// The custom metadata key of the random write id, by which a write whose response was lost recognizes its own
    /// result.
    /// </summary>
    public const string WriteKey = "write";

    /// <summary>The custom metadata key of the upload time, in microseconds since 1970.</summary>
    public const string UploadedKey = "uploaded-at";

    /// <summary>The content type of every object that the registry writes.</summary>
    public const string ContentType = "application/octet-stream";

    /// <summary>Returns the metadata of a document to be written.</summary>
    /// <param name="writeId">The write id.</param>
    /// <param name="crc32c">The checksum. The service rejects content that does not match it.</param>
    public static GcsObject OfDocument(string writeId, string crc32c)
    {
        var document = OfUpload(writeId);
        document.Crc32c = crc32c;
        return document;
    }

    /// <summary>Returns the metadata of a blob to be created, without a checksum.</summary>
    public static GcsObject OfBlob(string writeId, DateTimeOffset uploadedAt)
    {
        var blob = OfUpload(writeId);
        blob.Metadata = OfTouch(writeId, uploadedAt).Metadata;
        return blob;
    }

    /// <summary>Returns the metadata of an object of a staged upload, without a checksum.</summary>
    public static GcsObject OfUpload(string writeId) => new()
    {
        ContentType = ContentType,
        CacheControl = "no-store",
        Metadata = new Dictionary<string, string> { [WriteKey] = writeId },
    };

    /// <summary>Returns the metadata that touches an existing blob. Other metadata is unchanged.</summary>
    public static GcsObject OfTouch(string writeId, DateTimeOffset uploadedAt) => new()
    {
        Metadata = new Dictionary<string, string>
        {
            [WriteKey] = writeId,
            [UploadedKey] = UnixMicroseconds.Of(uploadedAt).ToString(CultureInfo.InvariantCulture),
        },
    };

    /// <summary>Returns the metadata that touches the object of a staged upload.</summary>
    public static GcsObject OfRefresh(string writeId) => new()
    {
        Metadata = new Dictionary<string, string> { [WriteKey] = writeId },
    };

    /// <summary>Returns when an object was created or last touched. Without a time it counts as new.</summary>
    public static DateTimeOffset UpdatedAtOf(GcsObject found) =>
        found.UpdatedDateTimeOffset ?? found.TimeCreatedDateTimeOffset ?? DateTimeOffset.MaxValue;

    /// <summary>Returns the id of the write that created this state; null for none.</summary>
    public static string? WriteIdOf(GcsObject found) => ValueOf(found, WriteKey);

    /// <summary>
    /// Returns the upload time of a blob. For an object that was copied without its metadata, this is its creation
    /// time.
    /// </summary>
    public static DateTimeOffset UploadedAtOf(GcsObject found) =>
        long.TryParse(
            ValueOf(found, UploadedKey),
            NumberStyles.AllowLeadingSign,
            CultureInfo.InvariantCulture,
            out var microseconds)
        && microseconds >= UnixMicroseconds.Min && microseconds <= UnixMicroseconds.Max
            ? UnixMicroseconds.ToTime(microseconds)
            : Microseconds.Floor(found.TimeCreatedDateTimeOffset ?? DateTimeOffset.UnixEpoch);

    private static string? ValueOf(GcsObject found, string key) =>
        found.Metadata is { } metadata && metadata.TryGetValue(key, out var value) ? value : null;
}
