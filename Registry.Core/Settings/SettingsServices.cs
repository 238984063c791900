using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Registry.Core.Settings;

/// <summary>Registers options that are read from a section of the configuration.</summary>
public static class SettingsServices
{
    /// <summary>Adds options that are read from a section and validated on startup.</summary>
    /// <typeparam name="TOptions">The options. Their initial values are the defaults.</typeparam>
    /// <typeparam name="TValidator">Validates the values that could be parsed.</typeparam>
    /// <param name="services">The services to add the options to.</param>
    /// <param name="configuration">The whole configuration.</param>
    /// <param name="section">The name of the section.</param>
    /// <returns>The builder, to add values from other sources.</returns>
    public static OptionsBuilder<TOptions> AddSettings<TOptions, TValidator>(
        this IServiceCollection services, IConfiguration configuration, string section)
        where TOptions : class, new()
        where TValidator : class, IValidateOptions<TOptions>
    {
        var settings = new SettingsSection<TOptions>(configuration, section);
        services.AddSingleton<IConfigureOptions<TOptions>>(settings);
        services.AddSingleton<IValidateOptions<TOptions>>(settings);
        services.AddSingleton<IValidateOptions<TOptions>, TValidator>();
        return services.AddOptions<TOptions>().ValidateOnStart();
    }
}
