namespace Registry.Tests.Support.Linearizability;

/// <summary>One call of a history.</summary>
/// <param name="Caller">The client and the replica.</param>
/// <param name="Action">The action.</param>
/// <param name="Call">When the request was sent, in ticks.</param>
/// <param name="Return">
/// When the answer was complete, in ticks; <see cref="long.MaxValue"/> if the outcome is unknown.
/// </param>
/// <param name="Answer">
/// The answer; null if the outcome is unknown: it may take effect at any time after the call, or never.
/// </param>
internal sealed record Operation(string Caller, PackageAction Action, long Call, long Return, string? Answer)
{
    /// <summary>True if it cannot have changed anything.</summary>
    public bool HasNoEffect => Action.Reads || Answer?.StartsWith('4') == true;

    /// <summary>Returns the same call before its answer arrived.</summary>
    public Operation Unanswered() => this with { Return = long.MaxValue, Answer = null };
}
