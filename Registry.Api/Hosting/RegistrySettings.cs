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
        Section.Of<LimitSettings>("Limits"),
        Section.Of<ReleaseSettings>("Releases"),
        Section.Of<OciSettings>("Oci"),
        Section.Of<CollectionSettings>(CollectionSettings.Section),
        Section.Of<UpdateSettings>(UpdateSettings.Section),
        Section.Of<ProxySettings>("Proxies"),
        Section.Of<CacheSettings>("Cache"),
        Section.Of<TransferSettings>("Transfers"),
        Section.Of<CorsSettings>("Cors"),
        Section.Of<HostSettings>("Hosts"),
        Section.Of<AuthSettings>(AuthSettings.Section),
        Section.Of<AuditSettings>(AuditSettings.Section),
        Section.Of<TelemetrySettings>(TelemetrySettings.Section),
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

    /// <summary>
    /// Returns the errors that no section has alone: in settings of the framework, and between sections.
    /// </summary>
    public static IReadOnlyList<string> Errors(IConfiguration configuration) =>
    [
        .. ListenAddresses.Errors(configuration),
        .. IdentitySettings.Of(configuration).Errors,
        .. CollectionSettings.Errors(configuration),
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
        public static Section Of<TSettings>(string name)
            where TSettings : class, ISettings, new() =>
            new(
                name,
                typeof(TSettings),
                (services, configuration) =>
                    services.AddSettings<TSettings, SettingsValidator<TSettings>>(configuration, name));
    }
}
