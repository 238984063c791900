namespace Registry.Api.Hosting;

/// <summary>Section <c>Hosts</c>: the host names under which clients may address the registry.</summary>
public sealed class HostSettings : ISettings
{
    /// <summary>The host names or addresses, without ports, separated by commas.</summary>
    /// <value>Default empty: any.</value>
    public string Allowed { get; set; } = "";

    /// <summary>The entries of <see cref="Allowed"/>.</summary>
    internal IEnumerable<string> Entries =>
        Allowed.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <inheritdoc/>
    public IEnumerable<string> Errors() =>
        from entry in Entries
        let type = Uri.CheckHostName(entry)
        where type is UriHostNameType.Unknown or UriHostNameType.Basic
            || (type == UriHostNameType.IPv6 && !entry.StartsWith('['))
        select $"HOSTS__ALLOWED contains '{entry}'; expected a host name or address without a port: "
            + "registry.example.org, 10.0.0.1 or [::1].";

    internal HashSet<string> Parse() => new(Entries, StringComparer.OrdinalIgnoreCase);
}
