namespace Registry.Bench.Load.Measuring;

/// <summary>The measurement of one side in one round.</summary>
/// <param name="Rate">The requests per second.</param>
/// <param name="P50">The median duration of a request, in milliseconds.</param>
/// <param name="P99">The 99th percentile of the durations, in milliseconds.</param>
/// <param name="Cpu">The server's processor time per request, in microseconds.</param>
internal sealed record Sample(double Rate, double P50, double P99, double Cpu)
{
    /// <summary>Creates a sample from the durations of all requests, in milliseconds.</summary>
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

/// <summary>Percentiles of numbers.</summary>
internal static class Statistics
{
    /// <summary>Returns the median.</summary>
    public static double Median(IEnumerable<double> values) => At([.. values.Order()], 0.5);

    /// <summary>Returns a percentile.</summary>
    /// <param name="sorted">The values in ascending order; not empty.</param>
    /// <param name="share">The percentile as a fraction from 0 to 1.</param>
    public static double At(
        List<double> sorted, double share) => sorted[(int)Math.Min(sorted.Count - 1, sorted.Count * share)];
}
