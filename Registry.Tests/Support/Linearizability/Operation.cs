namespace Registry.Tests.Support.Linearizability;

/// <summary>One call of a history.</summary>
/// <param name="Who">Who called whom.</param>
/// <param name="Action">What was asked.</param>
/// <param name="Call">When it was sent, in ticks.</param>
/// <param name="Return">
/// When its answer had come whole, in ticks; <see cref="long.MaxValue"/> where none came that says what happened.
/// </param>
/// <param name="Answer">
/// The answer; null where nobody knows whether it was done: it may be at any time after the call, or never.
/// </param>
internal sealed record Operation(string Who, PackageAction Action, long Call, long Return, string? Answer)
{
    /// <summary>True when it cannot have changed anything.</summary>
    public bool IsWithoutEffect => Action.Reads || Answer?.StartsWith('4') == true;

    /// <summary>The same call, as it was known before its answer came.</summary>
    public Operation Unanswered() => this with { Return = long.MaxValue, Answer = null };
}
