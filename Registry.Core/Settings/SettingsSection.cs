using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace Registry.Core.Settings;

/// <summary>
/// Reads a section of the configuration into its options. Validation reports every value that cannot be parsed, with
/// the variable, the value and the expected form.
/// </summary>
/// <typeparam name="TOptions">The options. Their public properties are the settings of the section.</typeparam>
/// <param name="configuration">The whole configuration.</param>
/// <param name="section">The name of the section.</param>
public sealed class SettingsSection<TOptions>(
    IConfiguration configuration, string section) : IConfigureOptions<TOptions>, IValidateOptions<TOptions>
    where TOptions : class, new()
{
    private readonly IReadOnlyList<Setting> settings = Setting.Of(section, typeof(TOptions));

    /// <summary>
    /// Returns the configured options without validating them: for the composition, and to compare sections.
    /// </summary>
    public TOptions Read()
    {
        var options = new TOptions();
        Configure(options);
        return options;
    }

    /// <inheritdoc/>
    public void Configure(TOptions options)
    {
        foreach (var setting in settings)
            if (configuration[setting.Key] is { } text)
                setting.Apply(options, text);
    }

    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, TOptions options)
    {
        List<string> errors =
        [
            .. from setting in settings
               let text = configuration[setting.Key]
               where text is not null && !setting.CanParse(text)
               select $"{setting.Variable} is '{text}'; expected {setting.Expected}.",
        ];
        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }
}
