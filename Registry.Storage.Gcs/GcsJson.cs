using System.Text.Json.Serialization;

namespace Registry.Storage.Gcs;

/// <summary>A page of a listing.</summary>
internal sealed record GcsPage
{
    /// <summary>Null for none, which does not mean that there are no more pages.</summary>
    public List<GcsObject>? Items { get; init; }

    /// <summary>Null on the last page.</summary>
    public string? NextPageToken { get; init; }
}

/// <summary>A bucket.</summary>
internal sealed record GcsBucket
{
    public const string Fields = "name,location,storageClass,retentionPolicy";

    public string Name { get; init; } = "";

    public string? Location { get; init; }

    public string? StorageClass { get; init; }

    /// <summary>Null for none: with one, nothing can be replaced or deleted for a while.</summary>
    public GcsRetention? RetentionPolicy { get; init; }
}

/// <summary>For how long a bucket keeps every object as it is.</summary>
internal sealed record GcsRetention
{
    /// <summary>Seconds.</summary>
    public long RetentionPeriod { get; init; }
}

/// <summary>What the API answers where it refuses.</summary>
internal sealed record GcsErrorAnswer
{
    public GcsErrorBody? Error { get; init; }
}

internal sealed record GcsErrorBody
{
    public string? Message { get; init; }

    public List<GcsErrorReason>? Errors { get; init; }
}

internal sealed record GcsErrorReason
{
    public string? Reason { get; init; }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    NumberHandling = JsonNumberHandling.AllowReadingFromString)]
[JsonSerializable(typeof(GcsObject))]
[JsonSerializable(typeof(GcsMetadata))]
[JsonSerializable(typeof(GcsPage))]
[JsonSerializable(typeof(GcsBucket))]
[JsonSerializable(typeof(GcsErrorAnswer))]
internal sealed partial class GcsJson : JsonSerializerContext;
