using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Registry.Tests.Support.Linearizability;

/// <summary>The shortest part of a history that has no valid order.</summary>
internal sealed class Violation
{
    private readonly IReadOnlyList<(PackageState State, IReadOnlyList<Operation> Open)> starts;
    private readonly List<Operation> calls;

    private Violation(IReadOnlyList<Operation> history)
    {
        var failing = ShortestPrefix(history);
        var cut = LastQuiet(failing);
        starts = [.. new LinearizationSearch(failing.Where(call => call.Call < cut), PackageState.Absent).Orders()];
        calls = [.. failing.Where(call => call.Call >= cut)];

        // Calls without effect can be removed unless that makes an order possible.
        foreach (var idle in calls.Where(static call => call.HasNoEffect).Reverse().ToList())
        {
            var fewer = calls.Where(call => call != idle).ToList();
            if (!HasOrder(fewer))
                calls = fewer;
        }
    }

    /// <summary>The calls that remain of the history.</summary>
    public IReadOnlyList<Operation> Calls => calls;

    /// <summary>Returns null if the history of one package, initially absent, has a valid order.</summary>
    public static Violation? Of(IReadOnlyList<Operation> history) =>
        new LinearizationSearch(history, PackageState.Absent).Succeeds() ? null : new Violation(history);

    public override string ToString()
    {
        var text = new StringBuilder("No order explains these calls. The package was before:\n");
        foreach (var state in starts.Select(static start => start.State.Text).Distinct().Take(10))
            text.Append(CultureInfo.InvariantCulture, $"    {state}\n");
        var shown = calls.Concat(starts.SelectMany(static start => start.Open))
            .Distinct()
            .OrderBy(static call => call.Call)
            .ToList();
        foreach (var call in shown)
            text.Append(CultureInfo.InvariantCulture, $"{Milliseconds(call.Call - shown[0].Call),12} – ")
                .Append(
                    CultureInfo.InvariantCulture,
                    $"{Milliseconds(call.Return == long.MaxValue ? -1 : call.Return - shown[0].Call),10}  ")
                .Append(CultureInfo.InvariantCulture, $"{call.Caller}  {call.Action}: {call.Response ?? "?"}\n");
        foreach (var (state, open) in starts.Take(1))
        {
            var search = new LinearizationSearch(open.Concat(calls), state);
            search.Succeeds();
            text.Append(
                CultureInfo.InvariantCulture,
                $"The longest order has {search.Best.Order.Count} of them and ends with {search.Best.After.Text}\n");
        }

        return text.ToString();
    }

    /// <summary>
    /// Returns the history up to the first response that cannot be explained; later responses are treated as unknown.
    /// </summary>
    private static List<Operation> ShortestPrefix(IReadOnlyList<Operation> history)
    {
        var responses =
            history.Where(static call => call.Response is not null).Select(static call => call.Return).Order().ToList();
        var (low, high) = (0, responses.Count - 1);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (new LinearizationSearch(Until(responses[middle]), PackageState.Absent).Succeeds())
                low = middle + 1;
            else
                high = middle;
        }

        return [.. Until(responses[low])];

        IEnumerable<Operation> Until(long time) => history
            .Where(call => call.Call <= time)
            .Select(call => call.Return <= time ? call : call.WithoutResponse())
            .Where(static call => call.Response is not null || !call.Action.Reads);
    }

    /// <summary>
    /// Returns the last moment before the last response at which only calls that never had a response were in progress.
    /// </summary>
    private static long LastQuiet(List<Operation> history)
    {
        var last = history.Where(static call => call.Response is not null).MaxBy(static call => call.Return)!;
        return history
            .Where(
                call =>
                    call.Call <= last.Call
                        && !history.Exists(
                            other => other.Response is not null && other.Call < call.Call && other.Return >= call.Call))
            .Max(static call => call.Call);
    }

    private static string Milliseconds(long ticks) =>
        ticks < 0 ? "?" : (ticks * 1000.0 / Stopwatch.Frequency).ToString("0.000", CultureInfo.InvariantCulture);

    private bool HasOrder(
        List<Operation> fewer) =>
        starts.Any(start => new LinearizationSearch(start.Open.Concat(fewer), start.State).Succeeds());
}
