using System.Collections.Immutable;

namespace Registry.Tests.Support.Replay;

/// <summary>What was recorded on one reference server, in order.</summary>
/// <param name="Name">The file, without its extension.</param>
/// <param name="Root">Where that server's API was mounted.</param>
/// <param name="Exchanges">The questions and answers.</param>
internal sealed record Recording(string Name, string Root, ImmutableArray<RecordedExchange> Exchanges)
{
    public static Recording Cnr { get; } = Load("cnr-0.2.7", "");

    public static Recording Appr { get; } = Load("cnr-0.7.4", "/cnr");

    public string Packages => $"{Root}/api/v1/packages";

    /// <summary>The first exchange of this id.</summary>
    public RecordedExchange this[string id] => Exchanges.First(exchange => exchange.Id == id);

    public override string ToString() => Name;

    private static Recording Load(string name, string root)
    {
        var seen = new Dictionary<string, int>();
        string KeyOf(string id)
        {
            var count = seen[id] = seen.GetValueOrDefault(id) + 1;
            return count == 1 ? id : $"{id}#{count}";
        }

        var lines = File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Data", "recorded", $"{name}.jsonl"));
        return new Recording(name, root, [.. lines.Select(line => RecordedExchange.Parse(line, KeyOf))]);
    }
}
