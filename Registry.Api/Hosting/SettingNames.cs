using Microsoft.Extensions.Configuration.CommandLine;
using Microsoft.Extensions.Configuration.EnvironmentVariables;
using Microsoft.Extensions.Configuration.Json;
using Registry.Core.Settings;

namespace Registry.Api.Hosting;

/// <summary>Refuses names of settings that are not known: a typing error must not become a default.</summary>
internal static class SettingNames
{
    /// <summary>What the web host and the framework read from the command line.</summary>
    private static readonly string[] HostSettings =
        ["urls", "http_ports", "https_ports", "environment", "contentRoot", "applicationName"];

    /// <summary>Sections that belong to the framework, which knows their members.</summary>
    private static readonly string[] FrameworkSections = ["Logging", "Kestrel"];

    private static readonly string[] Sections =
        [.. RegistrySettings.All.Select(static setting => SectionOf(setting.Key))
            .Distinct(StringComparer.OrdinalIgnoreCase)];

    /// <summary>The settings that belong to no section, those of the host among them.</summary>
    public static IEnumerable<string> Plain => [.. RegistrySettings.Plain, .. HostSettings];

    /// <summary>Whether there is a setting of this name that belongs to no section.</summary>
    public static bool IsPlain(string name) => Plain.Contains(name, StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// Names the settings that are not known. On the command line that is all that the registry and the framework do
    /// not read. Elsewhere it is members of the registry's own sections, as a file or an environment holds other things
    /// too: Kubernetes sets <c>REDIS_PORT</c> for a service of that name.
    /// </summary>
    /// <param name="configuration">Where to look.</param>
    /// <param name="sides">Sections that may stand before a setting.</param>
    public static IEnumerable<string> Errors(IConfigurationRoot configuration, params IReadOnlyList<string> sides)
    {
        foreach (var provider in ProvidersOf(configuration))
            foreach (var key in KeysOf(provider, parent: null))
            {
                var side = sides.FirstOrDefault(side => key.StartsWith($"{side}:", StringComparison.OrdinalIgnoreCase));
                var prefix = side is null ? "" : $"{side}:";
                if (ErrorOf(provider, prefix, key[prefix.Length..]) is { } error)
                    yield return error;
            }
    }

    private static string? ErrorOf(IConfigurationProvider provider, string prefix, string key)
    {
        if (IsPlain(key)
            || RegistrySettings.All.Any(setting => setting.Key.Equals(key, StringComparison.OrdinalIgnoreCase)))
            return null;
        var isSection = Sections.Contains(SectionOf(key), StringComparer.OrdinalIgnoreCase);
        switch (provider)
        {
            case CommandLineConfigurationProvider:
                return FrameworkSections.Contains(SectionOf(key), StringComparer.OrdinalIgnoreCase)
                    ? null
                    : $"--{prefix}{key} is "
                        + $"unknown.{NearestName.Suggest($"--{prefix}{key}", KnownKeys(prefix, key).Select(static known => $"--{known}"))}";
            case EnvironmentVariablesConfigurationProvider when isSection
                && key.Contains(':', StringComparison.Ordinal):
                var variable = Setting.VariableOf(prefix + key);
                return $"{variable} is "
                    + $"unknown.{NearestName.Suggest(variable, KnownKeys(prefix, key).Select(Setting.VariableOf))}";
            case EnvironmentVariablesConfigurationProvider:
                return RegistrySettings.All.FirstOrDefault(
                    setting => SingleUnderscore(setting).Equals(key, StringComparison.OrdinalIgnoreCase)) is { } meant
                    ? $"{key} is unknown. Did you mean {meant.Variable}, with two underscores?"
                    : null;
            case JsonConfigurationProvider file when isSection:
                return $"{key} in {file.Source.Path} is unknown.{NearestName.Suggest(key, KnownKeys(prefix, key))}";
            default:
                return null;
        }
    }

    /// <summary>
    /// What may have been meant: a setting of the same section where there is one of this name, else any.
    /// </summary>
    private static IEnumerable<string> KnownKeys(string prefix, string key)
    {
        var ofSection = RegistrySettings.All.Where(
            setting => SectionOf(setting.Key).Equals(SectionOf(key), StringComparison.OrdinalIgnoreCase)).ToList();
        return ofSection.Count > 0
            ? ofSection.Select(setting => prefix + setting.Key)
            : RegistrySettings.All.Select(setting => prefix + setting.Key).Concat(prefix.Length == 0 ? Plain : []);
    }

    private static string SingleUnderscore(Setting setting) => setting.Key.Replace(':', '_');

    private static string SectionOf(string key) => key.Split(':', 2)[0];

    /// <summary>Where values come from, those behind another configuration among them.</summary>
    private static IEnumerable<IConfigurationProvider> ProvidersOf(IConfigurationRoot configuration)
    {
        foreach (var provider in configuration.Providers)
            if (provider is ChainedConfigurationProvider { Configuration: IConfigurationRoot inner })
                foreach (var chained in ProvidersOf(inner))
                    yield return chained;
            else
                yield return provider;
    }

    /// <summary>The places that have a value.</summary>
    private static IEnumerable<string> KeysOf(IConfigurationProvider provider, string? parent)
    {
        foreach (var name in provider.GetChildKeys([], parent).Distinct(StringComparer.OrdinalIgnoreCase))
        {
            var key = parent is null ? name : $"{parent}:{name}";
            if (provider.TryGet(key, out _))
                yield return key;
            foreach (var below in KeysOf(provider, key))
                yield return below;
        }
    }
}
