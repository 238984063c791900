using System.Globalization;
using Registry.Api.Text;
using Registry.Core.Maintenance;

namespace Registry.Api.Commands;

/// <summary>Describes how far the current step of a command has come, its rate, and how long it still takes.</summary>
internal sealed class RemainingTime
{
    /// <summary>How long a step must run before its rate is meaningful.</summary>
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(2);

    private string? step;
    private TimeSpan began;
    private long bytesBefore;

    /// <summary>Describes how far a step has come: <c>812 of 1,204 (67 %), 00:01:10 left</c>.</summary>
    /// <param name="name">The name of the step.</param>
    /// <param name="done">The amount done, in any unit.</param>
    /// <param name="total">The total amount in the same unit; 0 if unknown.</param>
    /// <param name="elapsed">The time since the command began.</param>
    /// <param name="format">Formats a number of units.</param>
    public string Describe(string name, long done, long total, TimeSpan elapsed, Func<long, string> format)
    {
        Begin(name, bytes: 0, elapsed);
        return Share(done, total, format) + Left(done, total, elapsed);
    }

    /// <inheritdoc cref="Describe(string, long, long, TimeSpan, Func{long, string})"/>
    public string Describe(string name, long done, long total, TimeSpan elapsed) =>
        Describe(name, done, total, elapsed, Number);

    /// <summary>
    /// Describes how far a step over entries has come, and how many bytes it has processed:
    /// <c>copied 812 of 1,204 (67 %), 1.3 GiB, 10.2 MiB/s, 00:01:10 left</c>.
    /// </summary>
    /// <param name="progress">How far the step has come.</param>
    /// <param name="bytes">The bytes that this step and earlier ones have processed.</param>
    /// <param name="elapsed">The time since the command began.</param>
    public string Describe(RunProgress progress, long bytes, TimeSpan elapsed)
    {
        var (name, done, total) = progress;
        Begin(name, bytes, elapsed);
        var processed = bytes - bytesBefore;
        return $"{name} {Share(done, total, Number)}, {ByteSize.Of(processed)}, "
            + $"{ByteSize.Rate(processed, elapsed - began)}{Left(done, total, elapsed)}";
    }

    private static string Number(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

    private static string Share(long done, long total, Func<long, string> format) =>
        total <= 0
            ? format(done)
            : string.Create(
                CultureInfo.InvariantCulture,
                $"{format(done)} of {format(total)} ({Math.Floor(ShareOf(done, total) * 100)} %)");

    // Entries may have been added since they were counted.
    private static double ShareOf(long done, long total) => Math.Min(1, (double)done / total);

    private void Begin(string name, long bytes, TimeSpan elapsed)
    {
        if (step != name)
            (step, began, bytesBefore) = (name, elapsed, bytes);
    }

    private string Left(long done, long total, TimeSpan elapsed)
    {
        var taken = elapsed - began;
        if (done == 0 || done >= total || taken < Settled)
            return "";
        var share = ShareOf(done, total);
        return $", {Duration.Of(taken * ((1 - share) / share))} left";
    }
}
