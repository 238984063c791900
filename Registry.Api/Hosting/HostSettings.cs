namespace Registry.Api.Hosting;

/// <summary>Section <c>Hosts</c>: by which names clients may call the registry.</summary>
public sealed class HostSettings
{
    /// <summary>Host names or addresses without ports, separated by commas.</summary>
    /// <value>Default empty: any.</value>
    public string Allowed { get; set; } = "";

    /// <summary>The parts of <see cref="Allowed"/>.</summary>
    internal IEnumerable<string> Entries =>
        Allowed.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    internal HashSet<string> Parse() => new(Entries, StringComparer.OrdinalIgnoreCase);
}
