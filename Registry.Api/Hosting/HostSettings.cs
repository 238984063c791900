namespace Registry.Api.Hosting;

/// <summary>Section <c>Hosts</c>: the host names under which clients may address the registry.</summary>
public sealed class HostSettings
{
    /// <summary>The host names or addresses, without ports, separated by commas.</summary>
    /// <value>Default empty: any.</value>
    public string Allowed { get; set; } = "";

    /// <summary>The entries of <see cref="Allowed"/>.</summary>
    internal IEnumerable<string> Entries =>
        Allowed.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    internal HashSet<string> Parse() => new(Entries, StringComparer.OrdinalIgnoreCase);
}
