using System.Text.Json.Serialization;

namespace Registry.Storage.Gcs;

/// <summary>
/// The fields of an object in <see cref="GcsMetadata.Fields"/>, deserialized without the reflection of Google's
/// serializer because every pull and every revision check reads one.
/// </summary>
internal sealed record GcsReply
{
    public string? Name { get; init; }

    /// <summary>The size in bytes. The API writes 64-bit numbers as strings.</summary>
    public ulong? Size { get; init; }

    public long? Generation { get; init; }

    public long? Metageneration { get; init; }

    public DateTimeOffset? TimeCreated { get; init; }

    public DateTimeOffset? Updated { get; init; }

    public string? Crc32c { get; init; }

    public Dictionary<string, string>? Metadata { get; init; }

    public GcsObject ToObject() => new()
    {
        Name = Name,
        Size = Size,
        Generation = Generation,
        Metageneration = Metageneration,
        TimeCreatedDateTimeOffset = TimeCreated,
        UpdatedDateTimeOffset = Updated,
        Crc32c = Crc32c,
        Metadata = Metadata,
    };
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, NumberHandling = JsonNumberHandling.AllowReadingFromString)]
[JsonSerializable(typeof(GcsReply))]
internal sealed partial class GcsReplyJson : JsonSerializerContext;
