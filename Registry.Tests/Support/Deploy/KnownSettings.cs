using Microsoft.AspNetCore.Hosting;
using Registry.Api.Hosting;

namespace Registry.Tests.Support.Deploy;

/// <summary>Every setting that the product reads, as an environment variable.</summary>
internal static class KnownSettings
{
    public static IReadOnlySet<string> All { get; } = new HashSet<string>(
        [
            .. RegistrySettings.All.Select(static setting => setting.Variable), .. RegistrySettings.Plain, .. OfHost()
        ], StringComparer.Ordinal);

    /// <summary>The settings that the web host reads.</summary>
    private static IEnumerable<string> OfHost() =>
        [
            $"ASPNETCORE_{WebHostDefaults.ServerUrlsKey.ToUpperInvariant()}",
            $"ASPNETCORE_{WebHostDefaults.HttpPortsKey.ToUpperInvariant()}"
        ];
}
