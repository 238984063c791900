using Registry.Bench.Load.Processes;

namespace Registry.Bench.Load.Measuring;

/// <summary>One of those that are compared.</summary>
/// <param name="Name">As the table calls it.</param>
/// <param name="Server">Its server.</param>
/// <param name="Measure">Lets it work for so long.</param>
internal sealed record Side(string Name, ServerProcess Server, Func<TimeSpan, CancellationToken, Task<Sample>> Measure)
{
    /// <summary>GET of one path by wrk.</summary>
    /// <param name="name">As the table calls it.</param>
    /// <param name="server">Who is asked.</param>
    /// <param name="path">For what.</param>
    /// <param name="connections">How many ask at once.</param>
    /// <param name="headers">Sent with each request.</param>
    public static Side Reading(
        string name, ServerProcess server, string path, int connections = 32, params string[] headers) =>
        new(
            name,
            server,
            (duration, cancellationToken) =>
                Wrk.RunAsync(server, path, connections, duration, headers, cancellationToken));
}

/// <summary>Sides that took turns, A B A B.</summary>
/// <param name="Sides">Ours first.</param>
/// <param name="Rounds">The samples of each round, in the order of the sides.</param>
/// <param name="Peak">The most memory that ours used meanwhile, in bytes.</param>
internal sealed record Comparison(IReadOnlyList<Side> Sides, IReadOnlyList<Sample[]> Rounds, long Peak)
{
    /// <summary>Warms everybody up, then measures in turns.</summary>
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

    /// <summary>The median of something of one side.</summary>
    public double Median(
        int side, Func<Sample, double> of) => Statistics.Median(Rounds.Select(round => of(round[side])));

    /// <summary>Ours by that of a reference, round by round: the median, the least and the most.</summary>
    public (double Median, double Least, double Most) Ratio(int reference, Func<Sample, double> of)
    {
        var ratios = Rounds.Select(round => of(round[0]) / of(round[reference])).Order().ToList();
        return (Statistics.At(ratios, 0.5), ratios[0], ratios[^1]);
    }
}
