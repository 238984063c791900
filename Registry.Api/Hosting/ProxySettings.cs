using System.Net;
using Microsoft.AspNetCore.HttpOverrides;
using IPNetwork = System.Net.IPNetwork;

namespace Registry.Api.Hosting;

/// <summary>
/// Section <c>Proxies</c>: the proxies whose <c>X-Forwarded-For</c> sets the client in the log, and whose
/// <c>X-Forwarded-Proto</c>, <c>-Host</c> and <c>-Prefix</c> set the links of the service.
/// </summary>
public sealed class ProxySettings : ISettings
{
    /// <summary>The addresses or networks (<c>10.0.0.0/8</c>), separated by commas.</summary>
    /// <value>Default empty: none.</value>
    public string Trusted { get; set; } = "";

    /// <summary>The entries of <see cref="Trusted"/>.</summary>
    internal IEnumerable<string> Entries =>
        Trusted.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <inheritdoc/>
    public IEnumerable<string> Errors() =>
        from entry in Entries
        where Parse(entry) is null
        select $"PROXIES__TRUSTED contains '{entry}'; expected an address such as 10.1.2.3 or a network such as "
            + "10.0.0.0/8.";

    internal void Apply(ForwardedHeadersOptions options)
    {
        // To the framework, empty lists mean every proxy.
        options.ForwardedHeaders = Entries.Any()
            ? ForwardedHeaders.All
            : ForwardedHeaders.None;

        // Every hop must be trusted, however many there are: the first address that is not trusted is the client.
        options.ForwardLimit = null;
        options.KnownProxies.Clear();
        options.KnownIPNetworks.Clear();
        foreach (var entry in Entries)
            options.KnownIPNetworks.Add(Parse(entry)!.Value);
    }

    /// <summary>Parses an address or a network; null if the entry is neither.</summary>
    internal static IPNetwork? Parse(string entry) =>
        IPAddress.TryParse(entry, out var address) ? new IPNetwork(address, address.GetAddressBytes().Length * 8)
        : IPNetwork.TryParse(entry, out var network) ? network
        : null;
}
