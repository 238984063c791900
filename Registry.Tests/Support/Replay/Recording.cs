using System.Collections.Immutable;

namespace Registry.Tests.Support.Replay;

/// <summary>The exchanges recorded with one reference server, in order.</summary>
/// <param name="Name">The file name without extension.</param>
/// <param name="Root">The mount path of that server's API.</param>
/// <param name="Exchanges">The exchanges.</param>
internal sealed record Recording(string Name, string Root, ImmutableArray<RecordedExchange> Exchanges)
{
    public static Recording Cnr { get; } = Load("cnr-0.2.7", "");

    public static Recording Appr { get; } = Load("cnr-0.7.4", "/cnr");

    public string Packages => $"{Root}/api/v1/packages";

    /// <summary>Returns the first exchange of an id.</summary>
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
