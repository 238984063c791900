namespace Registry.Tests.Support.Replay;

/// <summary>Where this registry answers differently from the reference on purpose.</summary>
/// <param name="Topic">The row of the protocol's table of differences, or the rule beside it, that says so.</param>
/// <param name="Change">
/// Makes the expected answer of what the reference answered; the very same object where the difference does not concern
/// the exchange.
/// </param>
internal sealed record CnrDifference(
    string Topic, Func<Recording, RecordedExchange, ExpectedAnswer, ExpectedAnswer> Change)
{
    /// <summary>The exchanges that are concerned, where they are named one by one.</summary>
    public IReadOnlyList<string> Ids { get; private init; } = [];

    /// <summary>A difference that concerns the exchanges of one id alone.</summary>
    public static CnrDifference In(
        string topic, string id, Func<Recording, RecordedExchange, ExpectedAnswer, ExpectedAnswer> change) =>
        new(topic, (recording, exchange, expected) =>
            exchange.Id == id ? change(recording, exchange, expected) : expected) { Ids = [id] };

    /// <summary>The exchanges of these ids are answered with this instead, whatever the reference answered.</summary>
    public static CnrDifference Instead(string topic, Func<Recording, ExpectedAnswer> answer, params string[] ids) =>
        new(topic, (recording, exchange, expected) => ids.Contains(exchange.Id) ? answer(recording) : expected)
        {
            Ids = ids
        };

    public override string ToString() => Topic;
}
