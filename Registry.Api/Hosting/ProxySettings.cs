using System.Net;
using Microsoft.AspNetCore.HttpOverrides;
using IPNetwork = System.Net.IPNetwork;

namespace Registry.Api.Hosting;

/// <summary>
/// Section <c>Proxies</c>: whose <c>X-Forwarded-For</c> names the client in the log, and whose
/// <c>X-Forwarded-Proto</c>, <c>-Host</c> and <c>-Prefix</c> appear in the links that the service writes.
/// </summary>
public sealed class ProxySettings
{
    /// <summary>Addresses or networks (<c>10.0.0.0/8</c>), separated by commas.</summary>
    /// <value>Default empty: nobody's.</value>
    public string Trusted { get; set; } = "";

    /// <summary>The parts of <see cref="Trusted"/>.</summary>
    internal IEnumerable<string> Entries =>
        Trusted.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    internal void Apply(ForwardedHeadersOptions options)
    {
        // The framework takes empty lists for "everybody".
        options.ForwardedHeaders = Entries.Any()
            ? ForwardedHeaders.All
            : ForwardedHeaders.None;

        // Each hop has to be trusted, however many there are: the first address that is not is the client's.
        options.ForwardLimit = null;
        options.KnownProxies.Clear();
        options.KnownIPNetworks.Clear();
        foreach (var entry in Entries)
            options.KnownIPNetworks.Add(Parse(entry)!.Value);
    }

    /// <summary>Reads an address or a network; null for anything else.</summary>
    internal static IPNetwork? Parse(string entry) =>
        IPAddress.TryParse(entry, out var address) ? new IPNetwork(address, address.GetAddressBytes().Length * 8)
        : IPNetwork.TryParse(entry, out var network) ? network
        : null;
}
