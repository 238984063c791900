using System.Net;
using Microsoft.AspNetCore.HttpOverrides;
using IPNetwork = System.Net.IPNetwork;

namespace Registry.Api.Hosting;

/// <summary>
/// Section <c>Proxies</c>: whose <c>X-Forwarded-Proto</c>, <c>-Host</c> and <c>-Prefix</c> are believed.
/// </summary>
public sealed class ProxySettings
{
    /// <summary>Addresses or networks (<c>10.0.0.0/8</c>), separated by commas.</summary>
    /// <value>Default empty: nobody's.</value>
    public string Trusted { get; set; } = "";

    private IEnumerable<string> Entries => Trusted.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    internal void Apply(ForwardedHeadersOptions options)
    {
        // The framework takes empty lists for "everybody".
        options.ForwardedHeaders = Entries.Any()
            ? ForwardedHeaders.XForwardedProto | ForwardedHeaders.XForwardedHost | ForwardedHeaders.XForwardedPrefix
            : ForwardedHeaders.None;
        options.KnownProxies.Clear();
        options.KnownIPNetworks.Clear();
        foreach (var entry in Entries)
            options.KnownIPNetworks.Add(Parse(entry)!.Value);
    }

    internal IEnumerable<string> Errors() => Entries
        .Where(entry => Parse(entry) is null)
        .Select(entry => $"Proxies:Trusted holds '{entry}'; an address or a network such as 10.0.0.0/8 is expected.");

    private static IPNetwork? Parse(string entry) =>
        IPAddress.TryParse(entry, out var address) ? new IPNetwork(address, address.GetAddressBytes().Length * 8)
        : IPNetwork.TryParse(entry, out var network) ? network
        : null;
}
