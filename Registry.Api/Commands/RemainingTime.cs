using System.Globalization;
using Registry.Api.Text;

namespace Registry.Api.Commands;

/// <summary>Estimates how long a command still takes, from the rate of its current step.</summary>
internal sealed class RemainingTime
{
    /// <summary>How long a step must run before its rate is meaningful.</summary>
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(2);

    private string? step;
    private TimeSpan began;

    /// <summary>Describes how far a step has come: <c>812 of 1,204 (67 %), 00:01:10 left</c>.</summary>
    /// <param name="name">The name of the step.</param>
    /// <param name="done">The amount done, in any unit.</param>
    /// <param name="total">The total amount in the same unit; 0 if unknown.</param>
    /// <param name="elapsed">The time since the command began.</param>
    /// <param name="format">Formats a number of units.</param>
    public string Describe(string name, long done, long total, TimeSpan elapsed, Func<long, string> format)
    {
        if (step != name)
            (step, began) = (name, elapsed);
        if (total <= 0)
            return format(done);

        // Entries may have been added since they were counted.
        var share = Math.Min(1, (double)done / total);
        var text = string.Create(
            CultureInfo.InvariantCulture, $"{format(done)} of {format(total)} ({Math.Floor(share * 100)} %)");
        var taken = elapsed - began;
        return done == 0 || share == 1 || taken < Settled
            ? text
            : $"{text}, {Duration.Of(taken * ((1 - share) / share))} left";
    }

    /// <inheritdoc cref="Describe(string, long, long, TimeSpan, Func{long, string})"/>
    public string Describe(string name, long done, long total, TimeSpan elapsed) =>
        Describe(name, done, total, elapsed, static count => count.ToString("N0", CultureInfo.InvariantCulture));
}
