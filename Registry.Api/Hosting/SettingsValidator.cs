using Microsoft.Extensions.Options;

namespace Registry.Api.Hosting;

/// <summary>Validates settings by their own rules, and reports all errors.</summary>
/// <typeparam name="TSettings">The settings.</typeparam>
internal sealed class SettingsValidator<TSettings> : IValidateOptions<TSettings>
    where TSettings : class, ISettings
{
    public ValidateOptionsResult Validate(string? name, TSettings options)
    {
        List<string> errors = [.. options.Errors()];
        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }
}
