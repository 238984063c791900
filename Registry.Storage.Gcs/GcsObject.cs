using System.Globalization;
using System.Text.Json.Serialization;

namespace Registry.Storage.Gcs;

/// <summary>An object as the JSON API shows it: the fields that are asked for.</summary>
internal sealed record GcsObject
{
    /// <summary>The fields that a blob is described by.</summary>
    public const string Fields = "name,size,generation,metageneration,timeCreated,crc32c,metadata";

    public string Name { get; init; } = "";

    /// <summary>Bytes. The API writes 64-bit numbers as strings.</summary>
    public long Size { get; init; }

    /// <summary>Changes with the content; never repeats for a name.</summary>
    public long Generation { get; init; }

    /// <summary>Changes with the metadata; starts anew with each generation.</summary>
    public long Metageneration { get; init; }

    public DateTimeOffset TimeCreated { get; init; }

    /// <summary>See <see cref="Crc32C.Text"/>.</summary>
    public string? Crc32c { get; init; }

    /// <summary>Custom metadata; null for none.</summary>
    public Dictionary<string, string>? Metadata { get; init; }

    /// <summary>The id of the write that made this state: see <see cref="GcsMetadata"/>.</summary>
    [JsonIgnore]
    public string? WriteId => Metadata?.GetValueOrDefault(GcsMetadata.WriteKey);

    /// <summary>When a blob was uploaded; null where it does not say.</summary>
    [JsonIgnore]
    public DateTimeOffset? UploadedAt =>
        long.TryParse(Metadata?.GetValueOrDefault(GcsMetadata.UploadedKey), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var microseconds)
        && microseconds >= GcsMetadata.FirstMicrosecond && microseconds <= GcsMetadata.LastMicrosecond
            ? DateTimeOffset.UnixEpoch.AddTicks(microseconds * TimeSpan.TicksPerMicrosecond)
            : null;
}
