using Microsoft.Extensions.Configuration.CommandLine;
using Microsoft.Extensions.Configuration.EnvironmentVariables;
using Microsoft.Extensions.Configuration.Json;
using Registry.Api.Identities;
using Registry.Core.Settings;

namespace Registry.Api.Hosting;

/// <summary>Rejects unknown settings: a mistyped name must not silently become the default.</summary>
internal static class SettingNames
{
    /// <summary>The settings that the web host and the framework read from the command line.</summary>
    private static readonly string[] HostSettings =
        ["urls", "http_ports", "https_ports", "environment", "contentRoot", "applicationName"];

    /// <summary>The sections of the framework; their members are not checked.</summary>
    private static readonly string[] FrameworkSections = ["Logging", "Kestrel"];

    private static readonly string[] Sections =
        [.. RegistrySettings.All.Select(static setting => SectionOf(setting.Key))
            .Distinct(StringComparer.OrdinalIgnoreCase)];

    /// <summary>The settings without a section, including those of the host.</summary>
    public static IEnumerable<string> Plain => [.. RegistrySettings.Plain, .. HostSettings];

    /// <summary>Whether there is a setting of this name without a section.</summary>
    public static bool IsPlain(string name) => Plain.Contains(name, StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// Returns an error for each unknown setting. On the command line that is every setting that neither the registry
    /// nor the framework reads. Elsewhere only members of the registry's own sections are checked, as a file or the
    /// environment contains other things too: Kubernetes sets <c>REDIS_PORT</c> for a service named redis.
    /// </summary>
    /// <param name="configuration">The configuration.</param>
    /// <param name="sides">The sections that may precede a setting, such as <c>From</c>.</param>
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
            || IdentitySettings.Contains(key)
            || RegistrySettings.All.Any(setting => setting.Key.Equals(key, StringComparison.OrdinalIgnoreCase)))
            return null;
        var isSection = Sections.Contains(SectionOf(key), StringComparer.OrdinalIgnoreCase);
        switch (provider)
        {
            case CommandLineConfigurationProvider:
                return FrameworkSections.Contains(SectionOf(key), StringComparer.OrdinalIgnoreCase)
                    ? null
                    : Unknown($"--{prefix}{key}", KnownKeys(prefix, key).Select(static known => $"--{known}"));
            case EnvironmentVariablesConfigurationProvider when isSection
                && key.Contains(':', StringComparison.Ordinal):
                var variable = Setting.VariableOf(prefix + key);
                return Unknown(variable, KnownKeys(prefix, key).Select(Setting.VariableOf));
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
    /// Returns the candidates for a suggestion: the settings of the same section, or all if there is no such section.
    /// </summary>
    private static IEnumerable<string> KnownKeys(string prefix, string key)
    {
        var ofSection = RegistrySettings.All.Where(
            setting => SectionOf(setting.Key).Equals(SectionOf(key), StringComparison.OrdinalIgnoreCase)).ToList();
        return ofSection.Count > 0
            ? ofSection.Select(setting => prefix + setting.Key)
            : RegistrySettings.All.Select(setting => prefix + setting.Key).Concat(prefix.Length == 0 ? Plain : []);
    }

    private static string Unknown(string name, IEnumerable<string> known) =>
        $"{name} is unknown.{NearestName.Suggest(name, known)}";

    private static string SingleUnderscore(Setting setting) => setting.Key.Replace(':', '_');

    private static string SectionOf(string key) => key.Split(':', 2)[0];

    /// <summary>Returns the providers, including those of chained configurations.</summary>
    private static IEnumerable<IConfigurationProvider> ProvidersOf(IConfigurationRoot configuration)
    {
        foreach (var provider in configuration.Providers)
            if (provider is ChainedConfigurationProvider { Configuration: IConfigurationRoot inner })
                foreach (var chained in ProvidersOf(inner))
                    yield return chained;
            else
                yield return provider;
    }

    /// <summary>Returns the keys that have a value.</summary>
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
