using System.Diagnostics;
using Registry.Bench.Load.Processes;

namespace Registry.Bench.Load.Measuring;

/// <summary>One side of a comparison.</summary>
/// <param name="Name">The name in the table.</param>
/// <param name="Server">The server.</param>
/// <param name="Measure">Measures it for the given time.</param>
internal sealed record Side(string Name, ServerProcess Server, Func<TimeSpan, CancellationToken, Task<Sample>> Measure)
{
    /// <summary>Returns a side that reads one path with wrk.</summary>
    /// <param name="name">The name in the table.</param>
    /// <param name="server">The server.</param>
    /// <param name="path">The path.</param>
    /// <param name="connections">The number of connections.</param>
    /// <param name="headers">The headers of each request.</param>
    public static Side Reading(
        string name, ServerProcess server, string path, int connections = 32, params string[] headers) =>
        new(
            name,
            server,
            (duration, cancellationToken) =>
                Wrk.RunAsync(server, path, connections, duration, headers, cancellationToken));

    /// <summary>Returns a side whose round is a single request, however long it takes.</summary>
    /// <param name="name">The name in the table.</param>
    /// <param name="server">The server.</param>
    /// <param name="act">Sends the request.</param>
    public static Side Once(string name, ServerProcess server, Func<Task> act) =>
        new(name, server, async (_, _) =>
        {
            var (before, began) = (server.Cpu, Stopwatch.GetTimestamp());
            await act();
            var elapsed = Stopwatch.GetElapsedTime(began);
            return Sample.Of([elapsed.TotalMilliseconds], elapsed.TotalSeconds, server.Cpu - before);
        });
}

/// <summary>Sides that were measured alternately: A B A B.</summary>
/// <param name="Sides">The sides; the registry is first.</param>
/// <param name="Rounds">The samples of each round, in the order of the sides.</param>
/// <param name="Peak">The peak memory of the registry during the comparison, in bytes.</param>
internal sealed record Comparison(IReadOnlyList<Side> Sides, IReadOnlyList<Sample[]> Rounds, long Peak)
{
    /// <summary>Warms up all sides, and then measures them alternately.</summary>
    public static async Task<Comparison> RunAsync(
        Options options, IReadOnlyList<Side> sides, CancellationToken cancellationToken)
    {
        for (var round = 0; round < options.WarmUps; round++)
            foreach (var side in sides)
                await side.Measure(options.Round, cancellationToken);
        sides[0].Server.ResetPeak();
        var rounds = new List<Sample[]>();
        for (var round = 0; round < options.Rounds; round++)
        {
            var samples = new Sample[sides.Count];
            for (var i = 0; i < sides.Count; i++)
                samples[i] = await sides[i].Measure(options.Round, cancellationToken);
            rounds.Add(samples);
        }

        return new Comparison(sides, rounds, sides[0].Server.Peak);
    }

    /// <summary>Returns the median of a value of one side.</summary>
    public double Median(
        int side, Func<Sample, double> of) => Statistics.Median(Rounds.Select(round => of(round[side])));

    /// <summary>Returns the ratio of the registry to a reference per round: the median, minimum and maximum.</summary>
    public (double Median, double Least, double Most) Ratio(int reference, Func<Sample, double> of)
    {
        var ratios = Rounds.Select(round => of(round[0]) / of(round[reference])).Order().ToList();
        return (Statistics.At(ratios, 0.5), ratios[0], ratios[^1]);
    }
}
