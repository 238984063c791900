namespace Registry.Bench.Load.Measuring;

/// <summary>What one side did in one round.</summary>
/// <param name="Rate">Requests a second.</param>
/// <param name="P50">The median time of a request, in milliseconds.</param>
/// <param name="P99">The time that one in a hundred exceeded, in milliseconds.</param>
/// <param name="Cpu">The server's processor time for a request, in microseconds.</param>
internal sealed record Sample(double Rate, double P50, double P99, double Cpu)
{
    /// <summary>From the time of every single request, in milliseconds.</summary>
    public static Sample Of(List<double> times, double seconds, double cpuSeconds)
    {
        times.Sort();
        return new Sample(
            times.Count / seconds,
            Statistics.At(times, 0.5),
            Statistics.At(times, 0.99),
            cpuSeconds * 1e6 / times.Count);
    }
}

/// <summary>The middle of several numbers, and how far they lie apart.</summary>
internal static class Statistics
{
    /// <summary>The median.</summary>
    public static double Median(IEnumerable<double> values) => At([.. values.Order()], 0.5);

    /// <summary>The value that a share of all are not above.</summary>
    /// <param name="sorted">In ascending order, and not empty.</param>
    /// <param name="share">From 0 to 1.</param>
    public static double At(
        List<double> sorted, double share) => sorted[(int)Math.Min(sorted.Count - 1, sorted.Count * share)];
}
