using System.Text.RegularExpressions;

namespace Registry.Tests.Support.Telemetry;

/// <summary>What a port of metrics returned to a scrape: the labels of each metric.</summary>
internal sealed partial class Scrape
{
    private readonly Dictionary<string, string> kinds = new(StringComparer.Ordinal);
    private readonly Dictionary<string, HashSet<string>> labels = new(StringComparer.Ordinal);

    /// <summary>The metrics, without the suffixes of histograms.</summary>
    public IEnumerable<string> Names => kinds.Keys;

    /// <summary>Parses the text format of Prometheus.</summary>
    public static Scrape Parse(string text)
    {
        var scrape = new Scrape();
        foreach (Match type in Type().Matches(text))
        {
            scrape.kinds[type.Groups["name"].Value] = type.Groups["kind"].Value;
            scrape.labels[type.Groups["name"].Value] = [];
        }

        foreach (Match sample in Sample().Matches(text))
            if (scrape.FamilyOf(sample.Groups["name"].Value) is { } family)
                scrape.labels[family].UnionWith(
                    Label().Matches(sample.Groups["labels"].Value).Select(static label => label.Groups["name"].Value)
                        .Where(static name => name != "le"));
        return scrape;
    }

    /// <summary>Returns <c>counter</c>, <c>gauge</c> or <c>histogram</c>.</summary>
    public string KindOf(string name) => kinds[name];

    /// <summary>Returns the labels that any sample of a metric has, except the bound of a bucket.</summary>
    public IReadOnlySet<string> LabelsOf(string name) => labels[name];

    /// <summary>Returns the metric that a series belongs to; null if there is none.</summary>
    public string? FamilyOf(string series)
    {
        if (kinds.TryGetValue(series, out var kind))
            return kind == "histogram" ? null : series;
        var suffix = series.LastIndexOf('_');
        return suffix > 0
            && series[suffix..] is "_bucket" or "_sum" or "_count"
            && kinds.GetValueOrDefault(series[..suffix]) == "histogram"
                ? series[..suffix]
                : null;
    }

    [GeneratedRegex(@"^# TYPE (?<name>\w+) (?<kind>\w+)$", RegexOptions.Multiline)]
    private static partial Regex Type();

    [GeneratedRegex(@"^(?<name>\w+)\{(?<labels>.*)\} \S+$", RegexOptions.Multiline)]
    private static partial Regex Sample();

    [GeneratedRegex("""(?<name>\w+)="(\\.|[^"\\])*" *""")]
    private static partial Regex Label();
}
