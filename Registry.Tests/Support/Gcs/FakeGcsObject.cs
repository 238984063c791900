using System.Globalization;
using System.Text.Json.Nodes;

namespace Registry.Tests.Support.Gcs;

/// <summary>An immutable state of an object.</summary>
internal sealed record FakeGcsObject
{
    public required string Bucket { get; init; }

    public required string Name { get; init; }

    public required FakeGcsContent Content { get; init; }

    public required long Generation { get; init; }

    public long Metageneration { get; init; } = 1;

    public required DateTimeOffset TimeCreated { get; init; }

    public required DateTimeOffset Updated { get; init; }

    public string? ContentType { get; init; }

    public string? CacheControl { get; init; }

    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();

    /// <summary>Returns the resource with all fields, or only those named by a <c>fields</c> parameter.</summary>
    public JsonObject ToJson(string? fields)
    {
        var all = new JsonObject
        {
            ["kind"] = "storage#object",
            ["id"] = $"{Bucket}/{Name}/{Generation}",
            ["name"] = Name,
            ["bucket"] = Bucket,
            ["generation"] = Text(Generation),
            ["metageneration"] = Text(Metageneration),
            ["contentType"] = ContentType,
            ["cacheControl"] = CacheControl,
            ["size"] = Text(Content.Length),
            ["md5Hash"] = Content.Md5,
            ["crc32c"] = Content.Crc32C,
            ["timeCreated"] = Text(TimeCreated),
            ["updated"] = Text(Updated),
        };
        if (Metadata.Count > 0)
            all["metadata"] =
                new JsonObject(Metadata.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value)));
        if (fields is null)
            return all;
        var wanted = fields.Split(',');
        return new JsonObject(all.Where(member => member.Value is not null && wanted.Contains(member.Key))
            .Select(member => KeyValuePair.Create(member.Key, member.Value?.DeepClone())));
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>Formats a time in milliseconds, as the service does.</summary>
    private static string Text(
        DateTimeOffset time) => time.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
