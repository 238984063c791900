using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using NUnit.Framework;
using Registry.Core.Packages;
using Registry.Core.Storage;
using Registry.Core.Versions;
using Registry.Tests.Support;

namespace Registry.Tests.Unit.Packages;

[Parallelizable(ParallelScope.All)]
internal sealed class StoredIndexTests
{
    private static readonly string[] IndexProperties = ["schema", "package", "created_at", "manifests", "channels"];
    private static readonly string[] ManifestProperties =
        ["release", "media_type", "digest", "blob", "size", "created_at", "push_id"];
    private static readonly string[] ChannelProperties = ["name", "current", "releases"];

    private static readonly PackageIndex Index = PackageIndex
        .Restore(
            Samples.Package(),
            Samples.Start,
            [
                Samples.Manifest("1.0.0"),
                Samples.Manifest("1.0.0", "kpm"),
                Samples.Manifest("1.1.0-rc.1+b") with { PushId = "a+b/\"\\é" },
            ],
            [])
        .WithChannelRelease(Samples.Channel("stable"), Release.Parse("1.0.0"))
        .WithChannelRelease(Samples.Channel("beta"), Release.Parse("1.1.0-rc.1+b"));

    private static IEnumerable<TestCaseData> Malformed =>
    [
        .. IndexProperties.SelectMany(name => InvalidValues(name, json => json, name)),
        .. ManifestProperties.SelectMany(
            name => InvalidValues($"manifest's {name}", json => json["manifests"]![0]!, name)),
        .. ChannelProperties.SelectMany(
            name => InvalidValues($"channel's {name}", json => json["channels"]![0]!, name)),
        Case("a null manifest", json => json["manifests"]!.AsArray().Add(null)),
        Case("a null channel", json => json["channels"]!.AsArray().Add(null)),
        Case("a null release of a channel", json => json["channels"]![0]!["releases"]!.AsArray().Add(null)),
        Case("a time that is not UTC", json => json["created_at"] = "2026-01-01T00:00:00+01:00"),
        Case("a size that is not an integer", json => json["manifests"]![0]!["size"] = 1.5),
        Case("a digest in upper case", json => json["manifests"]![0]!["digest"] = new string('A', 64)),
        Case("an invalid media type", json => json["manifests"]![0]!["media_type"] = "no type"),
        Case("an invalid release", json => json["manifests"]![0]!["release"] = "1.0"),
        Case("a duplicate manifest", json => json["manifests"]!.AsArray().Add(json["manifests"]![0]!.DeepClone())),
        Case("another schema", json => json["schema"] = 0),
        Case("another package", json => json["package"] = "titi/rocket"),
    ];

    [Test]
    public void An_index_round_trips() =>
        Assert.That(StoredIndex.Write(Read(StoredIndex.Write(Index))), Is.EqualTo(StoredIndex.Write(Index)));

    [TestCase("""{"a":[1, null,"é\ud83d"],"b":{ } }""")]
    [TestCase("-1.50e3")]
    [TestCase("\"text\"")]
    [TestCase("false")]
    [TestCase(null)]
    public void Metadata_is_read_as_written(string? metadata)
    {
        var index = PackageIndex.With(
            Index,
            Index.Name,
            Samples.Manifest("2.0.0") with { Metadata = metadata is null ? null : Metadata.Of(metadata) },
            force: false);
        Assert.That(Read(StoredIndex.Write(index)).Manifests[0].Metadata?.ToString(), Is.EqualTo(metadata));
    }

    [Test]
    public void Metadata_may_be_nested_as_deep_as_in_a_push() =>
        Metadata_is_read_as_written($"{new string('[', 63)}{new string(']', 63)}");

    [Test]
    public void Properties_and_manifests_are_read_in_any_order_and_with_white_space()
    {
        var json = Reversed(JsonNode.Parse(StoredIndex.Write(Index))!).ToJsonString(
            new JsonSerializerOptions { WriteIndented = true });
        Assert.That(StoredIndex.Write(Read(Encoding.UTF8.GetBytes(json))), Is.EqualTo(StoredIndex.Write(Index)));
    }

    [TestCase(
        """{"schema":3,"requires":"7.1.0","package":"titi/rocketchat"}""",
        "Run version 7.1.0 or later of the registry")]
    [TestCase("""{"schema":3,"package":"titi/rocketchat"}""", "Run a later version of the registry")]
    [TestCase(
        """{"package":"titi/rocketchat","schema":9000000000,"requires":"8.0.0"}""",
        "Run version 8.0.0 or later of the registry")]
    public void A_newer_schema_names_the_version_that_can_read_it(string stored, string advice)
    {
        var fault = Assert.Throws<StorageException>(() => Read(Encoding.UTF8.GetBytes(stored)))!;
        Assert.That(fault.Kind, Is.EqualTo(StorageFault.NewerSchema));
        Assert.That(fault.Message, Does.EndWith(advice));
    }

    [Test]
    public void Unknown_properties_are_ignored()
    {
        var json = JsonNode.Parse(StoredIndex.Write(Index))!;
        foreach (var node in new[] { json, json["manifests"]![0]!, json["channels"]![0]! })
            node["later"] = new JsonArray(1, new JsonObject { ["schema"] = 7 });
        Assert.That(
            StoredIndex.Write(Read(Encoding.UTF8.GetBytes(json.ToJsonString()))), Is.EqualTo(StoredIndex.Write(Index)));
    }

    [Test]
    public void A_long_index_is_read_from_its_compressed_form()
    {
        var manifests = Enumerable.Range(0, 3000)
            .Select(
                i =>
                    Samples.Manifest($"1.{i / 10}.{i % 10}") with
                    {
                        Metadata = Metadata.Of($"\"{new string('x', 400)}\"")
                    });
        var stored = StoredIndex.Write(PackageIndex.Restore(Samples.Package(), Samples.Start, manifests, []));
        Assert.That(Encoding.Latin1.GetString(stored, 0, 7), Is.EqualTo("brotli\n"));
        Assert.That(StoredIndex.Write(Read(stored)), Is.EqualTo(stored));
    }

    [TestCaseSource(nameof(Malformed))]
    public void A_malformed_index_is_corrupt(string json) => AssertCorrupt(Encoding.UTF8.GetBytes(json));

    [Test]
    public void Trailing_data_is_corrupt() => AssertCorrupt([.. StoredIndex.Write(Index), (byte)'x']);

    [Test]
    public void A_truncated_index_is_corrupt()
    {
        var whole = StoredIndex.Write(Index);
        for (var length = 0; length < whole.Length; length++)
            AssertCorrupt(whole[..length]);
    }

    [Test]
    public void Invalid_UTF_8_is_corrupt()
    {
        var index = PackageIndex.With(
            Index,
            Index.Name,
            Samples.Manifest("2.0.0") with { Metadata = Metadata.Of("[\"text\"]"), PushId = "id" },
            force: false);
        foreach (var text in new[] { "text", "id\"", "stable" })
        {
            var damaged = StoredIndex.Write(index);
            damaged[damaged.AsSpan().IndexOf(Encoding.UTF8.GetBytes($"\"{text}")) + 1] = 0xFF;
            AssertCorrupt(damaged);
        }
    }

    private static PackageIndex Read(byte[] stored) => StoredIndex.Read(Index.Name, stored);

    private static void AssertCorrupt(byte[] stored) =>
        Assert.That(
            () => Read(stored),
            Throws.TypeOf<StorageException>().With
                .Property(nameof(StorageException.Kind))
                .EqualTo(StorageFault.Corrupt));

    /// <summary>Returns cases of a property that is missing, null, or of another type.</summary>
    private static IEnumerable<TestCaseData> InvalidValues(string what, Func<JsonNode, JsonNode> select, string name) =>
    [
        Case($"{what} is missing", json => select(json).AsObject().Remove(name)),
        Case($"{what} is null", json => select(json)[name] = null),
        Case($"{what} is a boolean", json => select(json)[name] = true),
        Case($"{what} is an object", json => select(json)[name] = new JsonObject()),
    ];

    private static TestCaseData Case(string what, Action<JsonNode> damage)
    {
        var json = JsonNode.Parse(StoredIndex.Write(Index))!;
        damage(json);
        return new TestCaseData(json.ToJsonString()).SetArgDisplayNames(what);
    }

    /// <summary>Returns the same JSON with all properties and list items in reverse order.</summary>
    private static JsonNode Reversed(JsonNode json) => json switch
    {
        JsonObject node =>
            new JsonObject(
                node.Reverse()
                    .Select(property => KeyValuePair.Create(property.Key, (JsonNode?)Reversed(property.Value!)))),
        JsonArray node => new JsonArray([.. node.Reverse().Select(item => Reversed(item!))]),
        _ => json.DeepClone(),
    };
}
