using System.Diagnostics;
using Registry.Bench.Load.Measuring;
using Registry.Bench.Load.Processes;

namespace Registry.Bench.Load;

/// <summary>The context of a group of cases.</summary>
/// <param name="Options">The options of the run.</param>
/// <param name="Servers">Starts servers.</param>
/// <param name="Report">Collects the results.</param>
internal sealed record Run(Options Options, Servers Servers, Report Report)
{
    /// <summary>Measures a comparison and adds it to the report.</summary>
    /// <param name="name">The case.</param>
    /// <param name="sides">The sides; the registry is first.</param>
    /// <param name="targets">
    /// For each reference: the minimum ratio of rates and the maximum ratio of 99th percentiles; null for no target.
    /// </param>
    /// <param name="cancellationToken">Cancels the measurement.</param>
    public async Task CompareAsync(
        string name,
        IReadOnlyList<Side> sides,
        IReadOnlyList<(double? Rate, double? P99)> targets,
        CancellationToken cancellationToken) =>
        Report.Add(name, await Comparison.RunAsync(Options, sides, cancellationToken), targets);

    /// <summary>Repeats a request for the duration of the warm-up.</summary>
    /// <param name="request">The request; receives its number.</param>
    public async Task WarmUpAsync(Func<int, Task> request)
    {
        var began = Stopwatch.GetTimestamp();
        for (var i = 0; Stopwatch.GetElapsedTime(began) < Options.WarmUps * Options.Round; i++)
            await request(i);
    }
}
