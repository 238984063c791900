using System.Text;

namespace Registry.Tests.Support.Linearizability;

/// <summary>
/// Searches for a sequential order of calls: each between its call and its return, each with the response of the model.
/// Depth-first search after Wing and Gong; visited pairs of placed calls and state are skipped, after Lowe.
/// </summary>
internal sealed class LinearizationSearch
{
    /// <summary>The limit of the search: beyond it, some hundred megabytes of memory are in use.</summary>
    private const int MaxTried = 2_000_000;

    private readonly Operation[] operations;
    private readonly bool[] placed;
    private readonly HashSet<string> tried = [];
    private readonly Stack<Step> steps = new();
    private int unplacedResponses;

    public LinearizationSearch(IEnumerable<Operation> history, PackageState initial)
    {
        operations = [.. history.OrderBy(static operation => operation.Call)];
        placed = new bool[operations.Length];
        unplacedResponses = operations.Count(static operation => operation.Response is not null);
        steps.Push(new Step(-1, initial, Candidates(initial)));
    }

    /// <summary>The longest order found so far, and the state after it.</summary>
    public (IReadOnlyList<Operation> Order, PackageState After) Best { get; private set; } = ([], PackageState.Absent);

    /// <summary>Returns true if there is an order of all calls with a response and any of the others.</summary>
    public bool Succeeds() => Orders().Any();

    /// <summary>
    /// Enumerates the distinct outcomes of all orders: the state, and the calls without a response that are not in the
    /// order and may still take effect.
    /// </summary>
    public IEnumerable<(PackageState State, IReadOnlyList<Operation> Open)> Orders()
    {
        if (unplacedResponses == 0)
            yield return (steps.Peek().State, Open());
        while (steps.TryPeek(out var step))
        {
            if (!step.Candidates.TryDequeue(out var candidate))
            {
                steps.Pop();
                if (step.Placed >= 0)
                    Place(step.Placed, isPlaced: false);
                continue;
            }

            var operation = operations[candidate];
            var (next, response) = operation.Action.On(step.State);

            // A call without a response that would change nothing here can be left for later, or never.
            if (operation.Response is null ? next.Text == step.State.Text : operation.Response != response)
                continue;
            Place(candidate, isPlaced: true);
            if (!tried.Add(Key(next)))
            {
                Place(candidate, isPlaced: false);
                continue;
            }

            if (tried.Count > MaxTried)
                throw new InvalidOperationException(
                    $"Gave up on {operations.Length} calls: there are too many of them, or too many without a "
                        + $"response.");
            steps.Push(new Step(candidate, next, Candidates(next)));
            if (steps.Count - 1 > Best.Order.Count)
                Best = ([.. steps.Reverse().Skip(1).Select(placed => operations[placed.Placed])], next);
            if (unplacedResponses == 0)
                yield return (next, Open());
        }
    }

    /// <summary>
    /// Returns the calls that may be next: no other response arrived before they were sent. Calls with a response come
    /// first, by time. A call that fits here and has no effect is the only candidate: any order that places it later
    /// has an equivalent that places it now.
    /// </summary>
    private Queue<int> Candidates(PackageState state)
    {
        var candidates = new List<int>();
        var earliestReturn = long.MaxValue;
        for (var i = 0; i < operations.Length && operations[i].Call <= earliestReturn; i++)
            if (!placed[i])
            {
                if (operations[i].HasNoEffect
                    && operations[i].Response is { } response
                    && operations[i].Action.On(state).Response == response)
                    return new Queue<int>([i]);
                candidates.Add(i);
                earliestReturn = Math.Min(earliestReturn, operations[i].Return);
            }

        return new Queue<int>(candidates.OrderBy(candidate => operations[candidate].Return));
    }

    private List<Operation> Open() => [.. operations.Where((_, i) => !placed[i])];

    private void Place(int operation, bool isPlaced)
    {
        placed[operation] = isPlaced;
        if (operations[operation].Response is not null)
            unplacedResponses += isPlaced ? -1 : 1;
    }

    /// <summary>Returns a key of the placed calls and the state after them.</summary>
    private string Key(PackageState state)
    {
        var first = Array.IndexOf(placed, false);
        if (first < 0)
            first = placed.Length;
        var key = new StringBuilder().Append(first).Append(':');
        for (var i = Array.LastIndexOf(placed, true); i > first; i--)
            key.Append(placed[i] ? '1' : '0');
        return key.Append(' ').Append(state.Text).ToString();
    }

    /// <param name="Placed">The call that led to this step; -1 at the start.</param>
    /// <param name="State">The state after it.</param>
    /// <param name="Candidates">The calls that have not been tried next.</param>
    private sealed record Step(int Placed, PackageState State, Queue<int> Candidates);
}
