using System.Globalization;
using System.Text;

namespace Registry.Bench.Load.Measuring;

/// <summary>The tables of a run.</summary>
internal sealed class Report
{
    /// <summary>
    /// Below this many clock ticks of all processors, the stolen time of the previous line is repeated.
    /// </summary>
    private const double MinTicks = 20;

    private readonly List<string> ratios = [];
    private readonly List<string> figures = [];
    private (double All, double Stolen) processors = Machine.Processors();
    private string stolen = "";

    /// <summary>The number of targets, and of targets met.</summary>
    public (int All, int Met) Targets { get; private set; }

    /// <summary>Adds a comparison of rates.</summary>
    /// <param name="name">The case.</param>
    /// <param name="result">The measurement.</param>
    /// <param name="targets">
    /// For each reference: the minimum ratio of rates and the maximum ratio of 99th percentiles; null for no target.
    /// </param>
    public void Add(string name, Comparison result, params IReadOnlyList<(double? Rate, double? P99)> targets)
    {
        for (var i = 1; i < result.Sides.Count; i++)
        {
            var (rate, p99) = i <= targets.Count ? targets[i - 1] : (null, null);
            var (ratio, slow) =
                (result.Ratio(i, static sample => sample.Rate), result.Ratio(i, static sample => sample.P99));
            var (peak, taken) = i == 1 ? (Size(result.Peak), Stolen()) : ("", "");
            Write(
                ratios,
                name,
                result.Sides[i].Name,
                $"**{ratio.Median:0.00}** ({ratio.Least:0.00}–{ratio.Most:0.00})",
                rate is { } least ? Evaluate($"≥ {least:0.##}", ratio.Median >= least) : "",
                $"{slow.Median:0.00}",
                p99 is { } most ? Evaluate($"≤ {most:0.##}", slow.Median <= most) : "",
                Both(result, i, static sample => sample.Rate, "#,0"),
                Both(result, i, static sample => sample.P50, "0.00"),
                Both(result, i, static sample => sample.P99, "0.00"),
                Both(result, i, static sample => sample.Cpu, "#,0"),
                peak,
                taken);
        }
    }

    /// <summary>Adds a figure of the registry without a reference.</summary>
    /// <param name="name">The case.</param>
    /// <param name="figure">The measured value with its unit.</param>
    /// <param name="target">The target; null for none.</param>
    /// <param name="isMet">Whether the target is met.</param>
    /// <param name="remark">A remark; empty for none.</param>
    public void Add(string name, string figure, string? target = null, bool isMet = false, string remark = "") =>
        Write(figures, name, figure, target is null ? "" : Evaluate(target, isMet), remark, Stolen());

    /// <summary>Returns the tables as Markdown.</summary>
    public string ToMarkdown(string about)
    {
        var text = new StringBuilder(about);
        if (ratios.Count > 0)
            text.Append("\nRounds alternate between the registry and the reference.\n")
                .Append("In a cell with two numbers, the first is that of the registry.\n\n")
                .Append(
                    "| case | reference | requests/s, ratio (spread) | target | p99, ratio | target | requests/s | "
                        + "p50, ms | p99, ms | CPU, µs per request | peak, MiB | stolen, % |\n")
                .Append("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n").AppendJoin(
                    "", ratios);
        if (figures.Count > 0)
            text.Append("\n| case | measured | target | | stolen, % |\n| --- | --- | --- | --- | --- |\n")
                .AppendJoin("", figures);
        return text.Append($"\n{Targets.Met} of {Targets.All} targets met.\n").ToString();
    }

    /// <summary>Formats bytes as MiB.</summary>
    public static string Size(double bytes) => (bytes / (1 << 20)).ToString("0", CultureInfo.InvariantCulture);

    private static string Both(Comparison result, int reference, Func<Sample, double> of, string format) =>
        $"{result.Median(0, of).ToString(format, CultureInfo.InvariantCulture)} / "
            + $"{result.Median(reference, of).ToString(format, CultureInfo.InvariantCulture)}";

    private static void Write(List<string> table, params string[] cells)
    {
        var line = $"| {string.Join(" | ", cells)} |";
        Console.WriteLine(line);
        table.Add(line + "\n");
    }

    /// <summary>
    /// Returns the share of processor time that other machines used since the previous line; repeats the previous value
    /// after a very short time.
    /// </summary>
    private string Stolen()
    {
        var now = Machine.Processors();
        if (now.All - processors.All > MinTicks)
            (
                stolen,
                processors) = (
                    (100 * (now.Stolen - processors.Stolen) / (now.All - processors.All)).ToString(
                        "0", CultureInfo.InvariantCulture),
                    now);
        return stolen;
    }

    private string Evaluate(string target, bool isMet)
    {
        Targets = (Targets.All + 1, Targets.Met + (isMet ? 1 : 0));
        return $"{target} {(isMet ? "✓" : "✗")}";
    }
}
