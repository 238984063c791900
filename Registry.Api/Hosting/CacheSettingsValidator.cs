using Microsoft.Extensions.Options;

namespace Registry.Api.Hosting;

/// <summary>Requires sizes of 0 or above.</summary>
internal sealed class CacheSettingsValidator : IValidateOptions<CacheSettings>
{
    public ValidateOptionsResult Validate(string? name, CacheSettings options)
    {
        (string Name, long Value)[] sizes =
        [
            ("CACHE__INDEXBYTES", options.IndexBytes),
            ("CACHE__CONTENTBYTES", options.ContentBytes),
            ("CACHE__CHARTBYTES", options.ChartBytes),
        ];
        return ValidationResults.Of(sizes
            .Where(static size => size.Value < 0)
            .Select(static size => $"{size.Name} is {size.Value}; it must be 0 or above."));
    }
}
