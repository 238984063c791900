namespace Registry.Tests.Support.Linearizability;

/// <summary>One call of a history.</summary>
/// <param name="Caller">The client and the replica.</param>
/// <param name="Action">The action.</param>
/// <param name="Call">When the request was sent, in ticks.</param>
/// <param name="Return">
/// When the response was complete, in ticks; <see cref="long.MaxValue"/> if the outcome is unknown.
/// </param>
/// <param name="Response">
/// The response; null if the outcome is unknown: it may take effect at any time after the call, or never.
/// </param>
internal sealed record Operation(string Caller, PackageAction Action, long Call, long Return, string? Response)
{
    /// <summary>True if it cannot have changed anything.</summary>
    public bool HasNoEffect => Action.Reads || Response?.StartsWith('4') == true;

    /// <summary>Returns the same call before its response arrived.</summary>
    public Operation WithoutResponse() => this with { Return = long.MaxValue, Response = null };
}
