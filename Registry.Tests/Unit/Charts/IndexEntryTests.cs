using System.Globalization;
using System.Text;
using System.Text.Json;
using NUnit.Framework;
using Registry.Core.Charts;
using Registry.Core.Storage;
using Registry.Core.Versions;
using YamlDotNet.RepresentationModel;

namespace Registry.Tests.Unit.Charts;

public sealed class IndexEntryTests
{
    private static readonly Digest Sha256 = Digest.Parse(new string('a', 64));

    private static readonly DateTimeOffset Created =
        DateTimeOffset.Parse("2026-01-02T03:04:05.999+02:00", CultureInfo.InvariantCulture);

    private static string Write(string chart, string name = "app", string release = "1.2.0+b1") =>
        Encoding.UTF8.GetString(IndexEntry.Write(
            ChartFiles.Metadata(chart).Json, name, Release.Parse(release), Created, Sha256));

    [Test]
    public void An_entry_has_the_fields_of_the_chart_under_the_name_and_release_of_the_package() => Assert.That(
        Write(
            """
            name: other
            version: 9.9.9
            home: http://x/?a=b&c
            annotations: {name: m, version: v}
            appVersion: 1.10
            """),
        Is.EqualTo(ChartFiles.OneLine(
            """
            {"name":"app","home":"http://x/?a=b\u0026c","version":"1.2.0+b1","apiVersion":"v1","appVersion":"1.1",
            "annotations":{"name":"m","version":"v"},"urls":["charts/app-1.2.0+b1.tgz"],
            "created":"2026-01-02T01:04:05Z",
            "digest":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}
            """)));

    [Test]
    public void An_entry_is_valid_JSON_and_YAML()
    {
        const string Text = "a\nb\t\u007f\u0085\u2028\u0001<>&\\/'\"é😀\uFEFF";
        var escaped = JsonSerializer.Serialize(Text).Replace("\\uD83D\\uDE00", "😀", StringComparison.Ordinal);
        var entry = Write(ChartFiles.With($"annotations: {{a: {escaped}}}"));
        using var json = JsonDocument.Parse(entry);
        Assert.That(json.RootElement.GetProperty("annotations").GetProperty("a").GetString(), Is.EqualTo(Text));
        var yaml = new YamlStream();
        yaml.Load(new StringReader(entry));
        Assert.That(yaml.Documents[0].RootNode["annotations"]["a"].ToString(), Is.EqualTo(Text));
        Assert.That(entry, Does.Not.Contain("\\ud83d").IgnoreCase.And.Contains("é😀"));
    }

    [Test]
    public void The_same_values_give_the_same_bytes()
    {
        var chart = ChartFiles.With("keywords: [b, a]", "dependencies: [{name: q, import-values: [{b: 1, a: 2}]}]");
        Assert.That(Write(chart), Is.EqualTo(Write(chart)));
        Assert.That(Write(chart), Does.Contain("\"import-values\":[{\"a\":2,\"b\":1}]"));
    }
}
