using Microsoft.Extensions.Options;

namespace Registry.Api.Hosting;

/// <summary>Requires a time above 0.</summary>
internal sealed class UpdateSettingsValidator : IValidateOptions<UpdateSettings>
{
    public ValidateOptionsResult Validate(string? name, UpdateSettings options) => Seconds.IsValid(options.BoundSeconds)
        ? ValidateOptionsResult.Success
        : ValidateOptionsResult.Fail(Seconds.Error("UPDATES__BOUNDSECONDS", options.BoundSeconds));
}
