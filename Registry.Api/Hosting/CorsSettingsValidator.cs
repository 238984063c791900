using Microsoft.Extensions.Options;
using Registry.Api.Http;

namespace Registry.Api.Hosting;

/// <summary>Requires valid origins.</summary>
internal sealed class CorsSettingsValidator : IValidateOptions<CorsSettings>
{
    public ValidateOptionsResult Validate(string? name, CorsSettings options) => ValidationResults.Of(options.Entries
        .Where(static entry => !WebOrigin.TryParse(entry, out _))
        .Select(
            static entry =>
                $"CORS__ORIGINS contains '{entry}'; expected an origin such as https://ui.example.org, without a "
                    + "path."));
}
