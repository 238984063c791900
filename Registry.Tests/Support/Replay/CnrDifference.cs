namespace Registry.Tests.Support.Replay;

/// <summary>A deliberate difference between this registry and the reference.</summary>
/// <param name="Topic">The row of the protocol's table of differences that documents it, or a rule next to it.</param>
/// <param name="Change">
/// Changes the reference response into the expected one; returns the same object if the difference does not apply.
/// </param>
internal sealed record CnrDifference(
    string Topic, Func<Recording, RecordedExchange, ExpectedResponse, ExpectedResponse> Change)
{
    /// <summary>The ids of the affected exchanges; empty if not listed individually.</summary>
    public IReadOnlyList<string> Ids { get; private init; } = [];

    /// <summary>Returns a difference that applies to the exchanges of one id.</summary>
    public static CnrDifference In(
        string topic, string id, Func<Recording, RecordedExchange, ExpectedResponse, ExpectedResponse> change) =>
        new(topic, (recording, exchange, expected) =>
            exchange.Id == id ? change(recording, exchange, expected) : expected)
        { Ids = [id] };

    /// <summary>Returns a difference that replaces the response of the exchanges of these ids.</summary>
    public static CnrDifference Instead(
        string topic, Func<Recording, ExpectedResponse> response, params string[] ids) =>
        new(topic, (recording, exchange, expected) => ids.Contains(exchange.Id) ? response(recording) : expected)
        {
            Ids = ids
        };

    public override string ToString() => Topic;
}
