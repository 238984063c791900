using System.Globalization;

namespace Registry.Storage.Gcs;

/// <summary>What a write says of its object besides the bytes.</summary>
internal sealed record GcsMetadata
{
    /// <summary>Names the custom metadata with a random id of the write: by it a write whose answer was lost knows its own work again.</summary>
    public const string WriteKey = "write";

    /// <summary>Names the custom metadata with the time of the upload, in microseconds since 1970.</summary>
    public const string UploadedKey = "uploaded-at";

    internal static readonly long FirstMicrosecond = (DateTimeOffset.MinValue - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
    internal static readonly long LastMicrosecond = (DateTimeOffset.MaxValue - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    /// <summary>Null leaves it as it is.</summary>
    public string? ContentType { get; init; }

    /// <summary>Null leaves it as it is.</summary>
    public string? CacheControl { get; init; }

    /// <summary>The service refuses content that does not have this checksum. Null where there is no content.</summary>
    public string? Crc32c { get; init; }

    /// <summary>Keys that are not named keep their values.</summary>
    public required Dictionary<string, string> Metadata { get; init; }

    /// <summary>A document on its way.</summary>
    public static GcsMetadata OfDocument(string writeId, string crc32c) => new()
    {
        ContentType = "application/octet-stream",
        CacheControl = "no-store",
        Crc32c = crc32c,
        Metadata = new Dictionary<string, string> { [WriteKey] = writeId },
    };

    /// <summary>A blob on its way.</summary>
    public static GcsMetadata OfBlob(string writeId, DateTimeOffset uploadedAt, string crc32c) =>
        OfTouch(writeId, uploadedAt) with { ContentType = "application/octet-stream", CacheControl = "no-store", Crc32c = crc32c };

    /// <summary>A blob that is there already.</summary>
    public static GcsMetadata OfTouch(string writeId, DateTimeOffset uploadedAt) => new()
    {
        Metadata = new Dictionary<string, string>
        {
            [WriteKey] = writeId,
            [UploadedKey] = ((uploadedAt - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond).ToString(CultureInfo.InvariantCulture),
        },
    };
}
