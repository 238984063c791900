using System.Globalization;
using System.Text.Json.Nodes;

namespace Registry.Tests.Support.Gcs;

/// <summary>One state of one object. Replaced, never changed.</summary>
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

    /// <summary>The resource, of all fields or of those that a <c>fields</c> parameter names.</summary>
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

    /// <summary>Milliseconds, as the service writes times.</summary>
    private static string Text(
        DateTimeOffset time) => time.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
