using System.Globalization;
using System.Net;

namespace Registry.Api.Hosting;

/// <summary>Validates the addresses to listen on. The server would only reject them when it starts.</summary>
internal static class ListenAddresses
{
    /// <summary>The port of a web host without settings.</summary>
    private const int DefaultPort = 5000;

    /// <summary>Returns the errors in the settings of the web host; none if the addresses are well-formed.</summary>
    public static IEnumerable<string> Errors(IConfiguration configuration) =>
    [
        .. from address in PartsOf(configuration, WebHostDefaults.ServerUrlsKey)
           where !IsAddress(address)
           select $"ASPNETCORE_URLS contains '{address}'; expected http://HOST:PORT or https://HOST:PORT, with a port "
               + $"from 0 to {IPEndPoint.MaxPort}.",
        .. from key in (string[])[WebHostDefaults.HttpPortsKey, WebHostDefaults.HttpsPortsKey]
           from port in PartsOf(configuration, key)
           where !int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
               || number > IPEndPoint.MaxPort
           select $"ASPNETCORE_{key.ToUpperInvariant()} contains '{port}'; expected a port from 0 to "
               + $"{IPEndPoint.MaxPort}.",
    ];

    /// <summary>Returns the ports of the well-formed addresses in the settings of the web host.</summary>
    public static IEnumerable<int> PortsOf(IConfiguration configuration)
    {
        var urls = PartsOf(configuration, WebHostDefaults.ServerUrlsKey);
        if (urls.Length > 0)
            return urls.Where(IsAddress).Select(static address => BindingAddress.Parse(address).Port);
        int[] ports =
        [
            .. from key in (string[])[WebHostDefaults.HttpPortsKey, WebHostDefaults.HttpsPortsKey]
               from port in PartsOf(configuration, key)
               where int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out _)
               select int.Parse(port, CultureInfo.InvariantCulture),
        ];
        return ports.Length > 0 ? ports : [DefaultPort];
    }

    private static string[] PartsOf(IConfiguration configuration, string key) =>
        (configuration[key] ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static bool IsAddress(string text)
    {
        BindingAddress address;
        try
        {
            address = BindingAddress.Parse(text);
        }
        catch (Exception exception) when (exception is FormatException or ArgumentException)
        {
            return false;
        }

        if (address.Scheme.ToUpperInvariant() is not ("HTTP" or "HTTPS"))
            return false;
        if (address.IsUnixPipe)
            return true;

        // The parser takes a port that is not a number for a part of the host.
        var isHost = address.Host is ['[', .., ']']
            || (address.Host.Length > 0 && !address.Host.Contains(':', StringComparison.Ordinal));
        return isHost && address.PathBase.Length == 0 && address.Port is >= 0 and <= IPEndPoint.MaxPort;
    }
}
