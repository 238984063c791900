namespace Registry.Api.Hosting;

/// <summary>Section <c>Hosts</c>: by which names clients may call the registry.</summary>
public sealed class HostSettings
{
    /// <summary>Host names or addresses without ports, separated by commas.</summary>
    /// <value>Default empty: any.</value>
    public string Allowed { get; set; } = "";

    private IEnumerable<string> Entries =>
        Allowed.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    internal HashSet<string> Parse() => new(Entries, StringComparer.OrdinalIgnoreCase);

    internal IEnumerable<string> Errors() => Entries
        .Where(static entry => Uri.CheckHostName(entry) is UriHostNameType.Unknown or UriHostNameType.Basic
            || (Uri.CheckHostName(entry) == UriHostNameType.IPv6 && !entry.StartsWith('[')))
        .Select(static entry =>
            $"Hosts:Allowed holds '{entry}'; a host name or address without a port is expected: registry.example.org, "
            + "10.0.0.1 or [::1].");
}
