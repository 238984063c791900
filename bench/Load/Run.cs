using Registry.Bench.Load.Measuring;
using Registry.Bench.Load.Processes;

namespace Registry.Bench.Load;

/// <summary>What a group of cases works with.</summary>
/// <param name="Options">What was asked for.</param>
/// <param name="Servers">Starts servers.</param>
/// <param name="Report">Takes the results.</param>
internal sealed record Run(Options Options, Servers Servers, Report Report)
{
    /// <summary>Compares, and reports.</summary>
    /// <param name="name">The case.</param>
    /// <param name="sides">Ours first.</param>
    /// <param name="marks">
    /// For each reference in turn: the least ratio of rates, and the most of the 99th percentiles; null for none.
    /// </param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task CompareAsync(
        string name,
        IReadOnlyList<Side> sides,
        IReadOnlyList<(double? Rate, double? P99)> marks,
        CancellationToken cancellationToken) =>
        Report.Add(name, await Comparison.RunAsync(Options, sides, cancellationToken), marks);
}
