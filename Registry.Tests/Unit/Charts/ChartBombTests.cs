using System.Text;
using NUnit.Framework;

namespace Registry.Tests.Unit.Charts;

/// <summary>Files that make YAML parsers run out of memory, stack or time.</summary>
public sealed class ChartBombTests
{
    private const int MaxBytes = 1 << 20;

    /// <summary>The limit of what reading a file of 1 MiB may allocate, in bytes, most of it garbage at once.</summary>
    private const long AllocatedBytes = 512L << 20;

    private static IEnumerable<TestCaseData> Bombs =>
    [
        Bomb("lists in one line", new string('[', 200_000), "more than 100 levels"),
        Bomb("closed lists", $"{new string('[', 200_000)}{new string(']', 200_000)}", "more than 100 levels"),
        Bomb("mappings in one line", Repeat("{a: ", 200_000), "more than 100 levels"),
        Bomb("lists by indicators", "\n" + Repeat("- ", 200_000), "more than 100 levels"),
        Bomb("keys by indicators", "\n" + Repeat("? ", 200_000), "is not text"),
        Bomb(
            "mappings in lines",
            "\n" + Lines(1000, static at => $"{new string(' ', at + 1)}a:"),
            "more than 100 levels"),
        Bomb("101 levels", $"{new string('[', 100)}{new string(']', 100)}", "more than 100 levels"),
        Bomb("many values", $"[{Repeat("a,", 300_000)}]", "more than 20000 values"),
        Bomb("many values in lines", $"\n{Repeat("- a\n", 200_000)}", "more than 20000 values"),
        Bomb("many keys", $"\n{Lines(20_001, static at => $"  k{at}:")}", "more than 20000 values"),
        Bomb("a laugh", $"&a [x]\nb: &b [{Repeat("*a,", 1000)}]", "uses a YAML alias"),
        Bomb("a cycle", "&a [*a]", "uses a YAML alias"),
        Bomb("a merge", "{<<: [{a: b}]}", "merges another mapping"),
        Bomb("an anchor without a value", $"&{new string('a', 500_000)} *b", "is not valid YAML"),
        Bomb("a key without an end", new string('k', 900_000) + "\n'", "is not valid YAML"),
        Bomb("quotes without an end", "\"" + new string('a', 900_000), "is not valid YAML"),
        Bomb("tags", Repeat("!a ", 200_000), "is not valid YAML"),
        Bomb("a long tag", $"!<{new string('t', 900_000)}> x\n- y", "is not valid YAML"),
    ];

    private static TestCaseData Bomb(string name, string value, string reason) =>
        new TestCaseData(value, reason).SetArgDisplayNames(name);

    private static string Repeat(string text, int count) =>
        new StringBuilder(text.Length * count).Insert(0, text, count).ToString();

    private static string Lines(int count, Func<int, string> line) =>
        string.Join('\n', Enumerable.Range(0, count).Select(line));

    [TestCaseSource(nameof(Bombs))]
    public void A_bomb_in_an_unknown_field_is_refused(string value, string reason)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.That(ChartFiles.Read(ChartFiles.With($"bomb: {value}")), Does.Contain(reason));
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(AllocatedBytes));
    }

    [Test]
    public void A_file_of_1_MiB_is_read_and_one_byte_more_is_not()
    {
        var file = ChartFiles.With("# ");
        var largest = file + new string('#', MaxBytes - file.Length);
        Assert.That(ChartFiles.Read(largest), Does.StartWith("{\"name\":\"a\""));
        Assert.That(ChartFiles.Read(largest + "#"), Does.Contain("larger than 1048576 bytes"));
    }

    [Test]
    public void A_hundred_levels_are_read() => Assert.That(
        ChartFiles.Read(ChartFiles.With($"unknown: {new string('[', 99)}{new string(']', 99)}")),
        Does.StartWith("{\"name\":\"a\""));

    [TestCase("description: ")]
    [TestCase("description: |\n  ")]
    [TestCase("unknown: ")]
    [TestCase("unknown:\n  ? ")]
    public void A_huge_text_is_read(string line) => Assert.That(
        ChartFiles.Read(ChartFiles.With($"{line}{new string('x', 1_000_000)}")), Does.StartWith("{\"name\":\"a\""));

    [Test]
    public void Metadata_that_escaping_makes_too_large_is_refused() => Assert.That(
        ChartFiles.Read(ChartFiles.With($"description: {new string('<', 1_000_000)}")),
        Does.Contain("larger than 1048576 bytes of JSON"));

    [Test]
    public void A_key_that_YAML_parsers_could_not_read_in_JSON_is_refused()
    {
        Assert.That(
            ChartFiles.Read(ChartFiles.With($"annotations: {{? {new string('k', 999)} : v}}")),
            Does.Contain("A key is longer than 1000 bytes."));
        Assert.That(
            ChartFiles.Read(ChartFiles.With($"annotations: {{? {new string('k', 998)} : v}}")),
            Does.StartWith("{\"name\":\"a\""));
    }
}
