using Microsoft.Extensions.Options;
using Registry.Api.Identities;
using Registry.Api.Logging;
using Registry.Api.Telemetry;
using Registry.Core.Settings;

namespace Registry.Api.Hosting;

/// <summary>The settings of the service: their sections and their validation.</summary>
internal static class RegistrySettings
{
    /// <summary>
    /// The sections of the service, one line each. Those of the backends are in <see cref="StorageSelection"/>.
    /// </summary>
    private static readonly Section[] Sections =
    [
        Section.Of<LimitSettings, LimitSettingsValidator>("Limits"),
        Section.Of<ReleaseSettings, ReleaseSettingsValidator>("Releases"),
        Section.Of<OciSettings, OciSettingsValidator>("Oci"),
        Section.Of<CollectionSettings, CollectionSettingsValidator>("Collection"),
        Section.Of<UpdateSettings, UpdateSettingsValidator>("Updates"),
        Section.Of<ProxySettings, ProxySettingsValidator>("Proxies"),
        Section.Of<CacheSettings, CacheSettingsValidator>("Cache"),
        Section.Of<TransferSettings, TransferSettingsValidator>("Transfers"),
        Section.Of<CorsSettings, CorsSettingsValidator>("Cors"),
        Section.Of<HostSettings, HostSettingsValidator>("Hosts"),
        Section.Of<AuthSettings, AuthSettingsValidator>(AuthSettings.Section),
        Section.Of<AuditSettings, AuditSettingsValidator>(AuditSettings.Section),
        Section.Of<TelemetrySettings, TelemetrySettingsValidator>(TelemetrySettings.Section),
    ];

    /// <summary>The settings without a section.</summary>
    public static IEnumerable<string> Plain =>
        [.. StorageSelection.PlainSettings, PathBaseSettings.Setting, .. OpenTelemetrySettings.Names];

    /// <summary>Every setting of every section, whichever storage is selected.</summary>
    public static IReadOnlyList<Setting> All { get; } =
    [
        .. Sections.SelectMany(static section => Setting.Of(section.Name, section.Options)),
        .. StorageSelection.Settings,
    ];

    /// <summary>Adds the options of the service.</summary>
    public static void AddRegistrySettings(this IServiceCollection services, IConfiguration configuration)
    {
        foreach (var section in Sections)
            section.Add(services, configuration);
        services.AddOptions<PathBaseSettings>()
            .Configure(options => options.Value = configuration[PathBaseSettings.Setting])
            .ValidateOnStart();
        services.AddSingleton<IValidateOptions<PathBaseSettings>, PathBaseSettingsValidator>();
    }

    /// <summary>Returns the errors in the settings of the framework that the registry has no options for.</summary>
    public static IReadOnlyList<string> Errors(IConfiguration configuration) =>
    [
        .. ListenAddresses.Errors(configuration),
        .. IdentitySettings.Of(configuration).Errors,
        .. TelemetrySettings.Errors(configuration),
        .. OpenTelemetrySettings.Errors(configuration),
        .. LogLevels.FindInvalid(configuration).Select(LogLevels.Error),
    ];

    /// <summary>Validates all options, and reports their errors together with others. Opens nothing.</summary>
    /// <param name="services">The composition with the options.</param>
    /// <param name="errors">The errors that are known already.</param>
    /// <exception cref="StartupException">There are errors; the message contains all of them.</exception>
    public static void Validate(IServiceProvider services, IReadOnlyList<string> errors)
    {
        List<string> all = [.. errors, .. OptionsErrors(services)];
        if (all.Count > 0)
            throw new StartupException([.. all.Distinct(StringComparer.Ordinal)]);
    }

    private static IEnumerable<string> OptionsErrors(IServiceProvider services)
    {
        try
        {
            services.GetRequiredService<IStartupValidator>().Validate();
            return [];
        }
        catch (OptionsValidationException exception)
        {
            return exception.Failures;
        }
        catch (AggregateException exception) when (exception.InnerExceptions.All(
            static inner => inner is OptionsValidationException))
        {
            return exception.InnerExceptions.Cast<OptionsValidationException>()
                .SelectMany(static wrong => wrong.Failures);
        }
    }

    /// <summary>A section of the configuration.</summary>
    /// <param name="Name">The name of the section.</param>
    /// <param name="Options">The options class.</param>
    /// <param name="Add">Adds the options.</param>
    private sealed record Section(string Name, Type Options, Action<IServiceCollection, IConfiguration> Add)
    {
        public static Section Of<TOptions, TValidator>(string name)
            where TOptions : class, new()
            where TValidator : class, IValidateOptions<TOptions> =>
            new(
                name,
                typeof(TOptions),
                (services, configuration) => services.AddSettings<TOptions, TValidator>(configuration, name));
    }
}
