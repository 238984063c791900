using System.Text;
using NUnit.Framework;
using Registry.Core.Charts;
using Registry.Core.Content;

namespace Registry.Tests.Unit.Charts;

/// <summary>
/// What Helm makes of a Chart.yaml. Every conversion was compared with the output of <c>helm repo index --json</c> of
/// Helm 3.17.3 and 4.1.4.
/// </summary>
public sealed class ChartReaderTests
{
    private const string Minimal = "\"name\":\"a\",";

    /// <summary>Returns the fields that a line adds to those of a chart with name, version and apiVersion.</summary>
    private static string FieldsOf(string line)
    {
        var json = ChartFiles.Read(ChartFiles.With(line));
        Assert.That(json, Does.StartWith($"{{{Minimal}"), "the chart is accepted");
        return json[1..^1].Replace(Minimal, "", StringComparison.Ordinal)
            .Replace("\"version\":\"1.0.0\",", "", StringComparison.Ordinal)
            .Replace("\"apiVersion\":\"v2\"", "", StringComparison.Ordinal)
            .Trim(',')
            .Replace(",,", ",", StringComparison.Ordinal);
    }

    [Test]
    public void The_fields_are_written_in_the_order_of_Helm() => Assert.That(
        ChartFiles.Read(
            """
            type: application
            dependencies:
            - alias: al
              import-values: [x, {parent: b, child: a}]
              enabled: true
              tags: [t]
              condition: c
              repository: r
              version: "1"
              name: q
            kubeVersion: ">=1.20"
            annotations: {b: x, a: w}
            deprecated: true
            appVersion: v1
            tags: t
            condition: c
            apiVersion: v2
            icon: i
            maintainers:
            - {url: u, email: e, name: m}
            keywords: [k2, k1]
            description: d
            version: 1.2.3
            sources: [s]
            home: h
            name: app
            """),
        Is.EqualTo(ChartFiles.OneLine(
            """
            {"name":"app","home":"h","sources":["s"],"version":"1.2.3","description":"d","keywords":["k2","k1"],
            "maintainers":[{"name":"m","email":"e","url":"u"}],"icon":"i","apiVersion":"v2","condition":"c",
            "tags":"t","appVersion":"v1","deprecated":true,"annotations":{"a":"w","b":"x"},
            "kubeVersion":"\u003e=1.20","dependencies":[{"name":"q","version":"1","repository":"r",
            "condition":"c","tags":["t"],"enabled":true,"import-values":["x",{"child":"a","parent":"b"}],
            "alias":"al"}],"type":"application"}
            """)));

    [TestCase("1.10", "1.1")]
    [TestCase("0x1F", "31")]
    [TestCase("010", "8")]
    [TestCase("0o17", "15")]
    [TestCase("0b101", "5")]
    [TestCase("-0b101", "-5")]
    [TestCase("08", "8")]
    [TestCase("1_000", "1000")]
    [TestCase("_1", "_1")]
    [TestCase("+12", "12")]
    [TestCase("-0", "0")]
    [TestCase(".5", "0.5")]
    [TestCase(".5_0", "0.5")]
    [TestCase("1.", "1")]
    [TestCase("1.23456789012", "1.2345679")]
    [TestCase("12345678.5", "1.2345678e+07")]
    [TestCase("1234567.0", "1.234567e+06")]
    [TestCase("0.00001", "1e-05")]
    [TestCase("0.0001", "0.0001")]
    [TestCase("1e5", "100000")]
    [TestCase("1e6", "1e+06")]
    [TestCase("1e39", "+Inf")]
    [TestCase("1e400", "1e400")]
    [TestCase(".inf", "+Inf")]
    [TestCase("-.Inf", "-Inf")]
    [TestCase(".nan", "NaN")]
    [TestCase("-9223372036854775808", "-9223372036854775808")]
    [TestCase("-9223372036854775809", "-9.223372e+18")]
    [TestCase("18446744073709551615", "18446744073709551615")]
    [TestCase("18446744073709551616", "1.8446744e+19")]
    [TestCase("yes", "true")]
    [TestCase("y", "true")]
    [TestCase("On", "true")]
    [TestCase("N", "false")]
    [TestCase("off", "false")]
    [TestCase("yEs", "yEs")]
    [TestCase("2020-01-02", "2020-01-02")]
    [TestCase("v1.10", "v1.10")]
    [TestCase("'1.10'", "1.10")]
    [TestCase("\"1.10\"", "1.10")]
    [TestCase("!!str 1.10", "1.10")]
    [TestCase("!!int \"0x10\"", "16")]
    [TestCase("!!float 1", "1")]
    [TestCase("!own 010", "010")]
    [TestCase("! 010", "010")]
    public void A_number_where_text_belongs_becomes_its_shortest_form(string value, string expected) =>
        Assert.That(FieldsOf($"appVersion: {value}"), Is.EqualTo($"\"appVersion\":\"{expected}\""));

    [TestCase("appVersion:", "")]
    [TestCase("appVersion: ~", "")]
    [TestCase("deprecated: null", "")]
    [TestCase("deprecated: no", "")]
    [TestCase("deprecated: yes", "\"deprecated\":true")]
    [TestCase("deprecated: on", "\"deprecated\":true")]
    [TestCase("maintainers: []", "")]
    [TestCase("maintainers:", "")]
    [TestCase("annotations: {}", "")]
    [TestCase("annotations:", "")]
    [TestCase("type:", "")]
    [TestCase("type: library", "\"type\":\"library\"")]
    [TestCase("kubeVersion: 1.20", "\"kubeVersion\":\"1.2\"")]
    [TestCase("unknown: {a: [1, {b: ~}]}", "")]
    [TestCase("Description: x", "\"description\":\"x\"")]
    [TestCase("description: x\ndescription: z", "\"description\":\"z\"")]
    [TestCase("Description: x\ndescription: z", "\"description\":\"z\"")]
    [TestCase("description: z\nDescription: x", "\"description\":\"z\"")]
    [TestCase("description: z\nDescription: ~", "\"description\":\"z\"")]
    [TestCase(
        "maintainers: [{name: 1.0, email: yes, more: x}]",
        "\"maintainers\":[{\"name\":\"1\",\"email\":\"true\"}]")]
    [TestCase("sources: [~, a, 1, true]", "\"sources\":[\"\",\"a\",\"1\",\"true\"]")]
    [TestCase(
        "annotations: {a: 1.50, c: ~, 1: x, 1.50: z, true: t, 2020-01-02: d}",
        "\"annotations\":{\"1\":\"x\",\"1.5\":\"z\",\"2020-01-02\":\"d\",\"a\":\"1.5\",\"c\":\"\",\"true\":\"t\"}")]
    [TestCase("dependencies: [{name: q}]", "\"dependencies\":[{\"name\":\"q\",\"repository\":\"\"}]")]
    [TestCase(
        "dependencies: [{name: q, version: 1.0, import-values: [1, 1.5, 1e30, 1e-7, 12345678901234567890, ~, yes]}]",
        "\"dependencies\":[{\"name\":\"q\",\"version\":\"1\",\"repository\":\"\",\"import-values\":"
            + "[1,1.5,1e+30,1e-7,12345678901234567000,null,true]}]")]
    [TestCase("home: &anchor x", "\"home\":\"x\"")]
    [TestCase("---\nname: other", "")]
    [TestCase("...\n}}}", "")]
    [TestCase("description: >\n  a\n  b", "\"description\":\"a b \"")]
    public void A_field_has_the_type_and_the_default_of_Helm(string line, string expected) =>
        Assert.That(FieldsOf(line), Is.EqualTo(expected));

    [Test]
    public void Texts_are_cleaned_as_Helm_does_but_annotations_are_kept()
    {
        Assert.That(
            FieldsOf("description: \"a\\nb\\x7f\\u200bc\\u00a0d\\u2028e\""),
            Is.EqualTo("\"description\":\"a bc d e\""));
        Assert.That(
            FieldsOf("annotations: {a: \"a\\nb\\t\\b\\f\\u2028\\x01<>&\\\\'\\u00e9\\U0001F600\"}"),
            Is.EqualTo("\"annotations\":{\"a\":\"a\\nb\\t\\b\\f\\u2028\\u0001\\u003c\\u003e\\u0026\\\\'é😀\"}"));
    }

    [Test]
    public void The_JSON_holds_no_character_that_YAML_forbids() => Assert.That(
        FieldsOf("annotations: {a: \"\\x7f\\x80\\x85\\u009f\\ufeff\\uffff\\u00a0\"}"),
        Is.EqualTo("\"annotations\":{\"a\":\"\\u007f\\u0080\\u0085\\u009f\\ufeff\\uffff\u00a0\"}"));

    [Test]
    public void Keys_are_sorted_as_UTF_8() => Assert.That(
        FieldsOf("annotations: {\U0001F600: a, \uFF5E: b, z: c, é: d, zz: e}"),
        Is.EqualTo("\"annotations\":{\"z\":\"c\",\"zz\":\"e\",\"é\":\"d\",\"\uFF5E\":\"b\",\"\U0001F600\":\"a\"}"));

    [TestCase("deprecated: \"true\"", "deprecated is text; expected true or false.")]
    [TestCase("deprecated: 1", "deprecated is a number; expected true or false.")]
    [TestCase("maintainers: [Ann <ann@example.com>]", "maintainers[0] is text; expected a mapping.")]
    [TestCase("maintainers: [{name: a}, ~]", "maintainers[1] is null; expected a mapping.")]
    [TestCase("maintainers: {name: x}", "maintainers is a mapping; expected a list.")]
    [TestCase("maintainers: [{name: [x]}]", "maintainers[0].name is a list; expected text.")]
    [TestCase("sources: http://x", "sources is text; expected a list.")]
    [TestCase("sources: [[x]]", "sources[0] is a list; expected text.")]
    [TestCase("appVersion: {a: b}", "appVersion is a mapping; expected text.")]
    [TestCase("tags: [a]", "tags is a list; expected text.")]
    [TestCase("annotations: []", "annotations is a list; expected a mapping.")]
    [TestCase("annotations: {a: {b: c}}", "annotations.'a' is a mapping; expected text.")]
    [TestCase("annotations: {~: x}", "The key on line 4 is null, which JSON does not allow.")]
    [TestCase("annotations: {18446744073709551615: x}", "The key on line 4 is a number, which JSON does not allow.")]
    [TestCase("annotations: {[a]: x}", "The key on line 4 is not text.")]
    [TestCase("dependencies: [~]", "dependencies[0] is null; expected a mapping.")]
    [TestCase("dependencies: [{name: q}, {name: q}]", "More than one dependency has the name or alias 'q'.")]
    [TestCase("dependencies: [{name: q, alias: a b}]", "The dependency alias 'a b' may contain only")]
    [TestCase("dependencies: [{name: q, tags: x}]", "dependencies[0].tags is text; expected a list.")]
    [TestCase(
        "dependencies: [{name: q, import-values: [.nan]}]", "import-values is a number; expected a finite number")]
    [TestCase("unknown: [.inf]", "'unknown' is a number; expected a finite number.")]
    [TestCase("type: service", "The type 'service' is neither 'application' nor 'library'.")]
    [TestCase("appVersion: !!int x", "Line 4 has a value that does not match its tag.")]
    [TestCase("home: &x y\nicon: *x", "Line 5 uses a YAML alias")]
    [TestCase("<<: {home: q}", "Line 4 merges another mapping")]
    [TestCase("home: \"\\ud83d\\ude00\"", "Line 4 contains an escape sequence")]
    [TestCase("home: \"\\\\\\/\"", "Line 4 contains an escape sequence")]
    [TestCase("home: \"\\U0000DC00\"", "Line 4 is not valid YAML.")]
    [TestCase("home: a\u0001b", "control character U+0001")]
    [TestCase("home: a\u007Fb", "control character U+007F")]
    [TestCase("home: [", "is not valid YAML.")]
    [TestCase("home: a: b", "Line 4 is not valid YAML.")]
    [TestCase("unknown: {a: [1, 2, {b\n c}]", "is not valid YAML.")]
    public void What_Helm_refuses_is_refused_with_the_reason(string line, string reason) => Assert.That(
        ChartFiles.Read(ChartFiles.With(line)), Does.StartWith("Chart.yaml: ").And.Contains(reason));

    [TestCase("version: 1.0.0", "The chart has no name.")]
    [TestCase("name: ''\nversion: 1.0.0", "The chart has no name.")]
    [TestCase("name: \"\\u200b\"\nversion: 1.0.0", "The chart has no name.")]
    [TestCase("name: a/b\nversion: 1.0.0", "The chart name 'a/b' must not contain")]
    [TestCase("name: /\nversion: 1.0.0", "The chart name '/' must not contain")]
    [TestCase("name: .\nversion: 1.0.0", "The chart name '.' must not contain")]
    [TestCase("name: ..\nversion: 1.0.0", "The chart name '..' must not contain")]
    [TestCase("name: a", "The chart has no version.")]
    [TestCase("name: a\nversion: 1.0", "The version '1' is not a semantic version")]
    [TestCase("name: a\nversion: v1.0.0", "The version 'v1.0.0' is not a semantic version")]
    [TestCase("name: a\nversion: 01.0.0", "The version '01.0.0' is not a semantic version")]
    [TestCase("name: a\nversion: 1.0.0+b_1", "The version '1.0.0+b_1' is not a semantic version")]
    [TestCase("name: a\nversion: ' 1.0.0'", "The version ' 1.0.0' is not a semantic version")]
    [TestCase(
        "name: a\nversion: 18446744073709551616.0.0",
        "The version '18446744073709551616.0.0' is not a semantic version")]
    [TestCase("", "The chart has no name.")]
    [TestCase("~", "The chart has no name.")]
    [TestCase("- a", "The file is not a mapping of names to values.")]
    [TestCase("just text", "The file is not a mapping of names to values.")]
    [TestCase("%YAML 1.2\n---\nname: a\nversion: 1.0.0", "The file is not YAML 1.1.")]
    public void A_chart_needs_a_name_and_a_strict_version(string file, string reason) =>
        Assert.That(ChartFiles.Read(file), Does.StartWith("Chart.yaml: ").And.Contains(reason));

    [TestCase("1.0.0-rc.1+b.01")]
    [TestCase("18446744073709551615.0.0")]
    public void Every_strict_version_is_accepted(string version) => Assert.That(
        ChartFiles.Metadata($"name: a\nversion: {version}").Version, Is.EqualTo(version));

    [Test]
    public void A_chart_of_Helm_2_has_no_apiVersion_and_gets_v1() => Assert.That(
        ChartFiles.Read("name: a\nversion: 1.0.0"),
        Is.EqualTo("{\"name\":\"a\",\"version\":\"1.0.0\",\"apiVersion\":\"v1\"}"));

    [Test]
    public void Every_encoding_and_line_end_that_YAML_allows_is_read()
    {
        const string File = "apiVersion: v2\nname: a\nversion: 1.0.0\nhome: é\n";
        const string Json = "{\"name\":\"a\",\"home\":\"é\",\"version\":\"1.0.0\",\"apiVersion\":\"v2\"}";
        byte[][] files =
        [
            Encoding.UTF8.GetBytes(File),
            Encoding.UTF8.GetBytes($"\uFEFF{File}"),
            Encoding.UTF8.GetBytes(File.Replace("\n", "\r\n", StringComparison.Ordinal)),
            Encoding.UTF8.GetBytes(File.Replace('\n', '\r')),
            Encoding.UTF8.GetBytes($"%YAML 1.1\n---\n{File}"),
            Encoding.Unicode.GetBytes($"\uFEFF{File}"),
            Encoding.BigEndianUnicode.GetBytes($"\uFEFF{File}"),
        ];
        foreach (var file in files)
            Assert.That(ChartFiles.Read(file), Is.EqualTo(Json));
    }

    [Test]
    public void Bytes_that_are_not_text_are_refused()
    {
        Assert.That(ChartFiles.Read([.. "name: a"u8, 0xff]), Does.Contain("not valid UTF-8"));
        Assert.That(ChartFiles.Read([0xff, 0xfe, 0x3d, 0xd8]), Does.Contain("not valid UTF-8 or UTF-16"));
        Assert.That(ChartFiles.Read(new byte[100]), Does.Contain("U+0000"));
    }

    [Test]
    public void The_JSON_of_a_chart_is_a_Chart_yaml_of_the_same_chart()
    {
        var json = ChartFiles.Metadata(ChartFiles.With(
            "annotations: {a: \"a\\nb\\x7f\\u2028<>&\\U0001F600\"}",
            "dependencies: [{name: q, import-values: [1e30, {a: [~, no]}]}]")).Json;
        Assert.That(ChartFiles.Read(json.ToArray()), Is.EqualTo(Encoding.UTF8.GetString(json.Span)));
    }

    [Test]
    public void The_metadata_gives_its_fields()
    {
        var chart = ChartMetadata.Parse(ChartFiles.Metadata(ChartFiles.With(
            "description: d",
            "home: h",
            "icon: i",
            "appVersion: 1.10",
            "kubeVersion: '>=1.20'",
            "type: library",
            "deprecated: yes",
            "sources: [s, t]",
            "keywords: [k]",
            "maintainers: [{name: l, email: e, url: u}, {name: m}]",
            "annotations: {b: '<x>', a: w}")).Json);
        Assert.Multiple(() =>
        {
            Assert.That(chart.Name, Is.EqualTo("a"));
            Assert.That(chart.Version, Is.EqualTo("1.0.0"));
            Assert.That(chart.Description, Is.EqualTo("d"));
            Assert.That(chart.Home, Is.EqualTo("h"));
            Assert.That(chart.Icon, Is.EqualTo("i"));
            Assert.That(chart.AppVersion, Is.EqualTo("1.1"));
            Assert.That(chart.KubeVersion, Is.EqualTo(">=1.20"));
            Assert.That(chart.Type, Is.EqualTo("library"));
            Assert.That(chart.IsDeprecated, Is.True);
            Assert.That(chart.Sources.ToArray(), Is.EqualTo((string[])["s", "t"]));
            Assert.That(chart.Keywords.ToArray(), Is.EqualTo((string[])["k"]));
            Assert.That(
                chart.Maintainers.ToArray(),
                Is.EqualTo((ChartMaintainer[])[new("l", "e", "u"), new("m", "", "")]));
            Assert.That(
                chart.Annotations.ToArray(),
                Is.EqualTo((KeyValuePair<string, string>[])[new("a", "w"), new("b", "<x>")]));
        });
    }

    [TestCase(FileOutcome.Missing, "contains no Chart.yaml")]
    [TestCase(FileOutcome.Ambiguous, "contains several Chart.yaml")]
    [TestCase(FileOutcome.TooLarge, "larger than 1048576 bytes")]
    public void An_archive_without_one_Chart_yaml_is_no_chart(FileOutcome outcome, string reason)
    {
        var found = new FoundFile(outcome, IsRootless: false, ReadOnlyMemory<byte>.Empty);
        Assert.That(ChartReader.TryRead(found, out var metadata, out var refusal), Is.False);
        Assert.That(metadata, Is.Null);
        Assert.That(refusal, Does.Contain(reason));
    }
}
