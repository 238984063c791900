using Microsoft.Extensions.Options;

namespace Registry.Api.Hosting;

/// <summary>Requires a number of days that a date can represent.</summary>
internal sealed class OciSettingsValidator : IValidateOptions<OciSettings>
{
    private const int MaxDays = 36_500;

    public ValidateOptionsResult Validate(string? name, OciSettings options) => ValidationResults.Of(
        options.Untagged is >= 0 and <= MaxDays
            ? []
            : [$"OCI__UNTAGGED is {options.Untagged}; expected a number of days from 1 to {MaxDays}, or 0 for never."]);
}
