using System.Globalization;
using Microsoft.Extensions.Options;
using Registry.Core.Settings;

namespace Registry.Api.Hosting;

/// <summary>Demands times above 0, and a grace that outlasts every change of a package.</summary>
/// <param name="updates">How long a change is tried.</param>
internal sealed class CollectionSettingsValidator(
    SettingsSection<UpdateSettings> updates) : IValidateOptions<CollectionSettings>
{
    private const int GraceInBounds = 4;

    public ValidateOptionsResult Validate(
        string? name, CollectionSettings options) => ValidationResult.Of(Errors(options));

    private IEnumerable<string> Errors(CollectionSettings options)
    {
        (string Name, double Value)[] times =
        [
            ("COLLECTION__PERIODSECONDS", options.PeriodSeconds),
            ("COLLECTION__GRACESECONDS", options.GraceSeconds),
            ("COLLECTION__STAGEDIDLESECONDS", options.StagedIdleSeconds),
        ];
        foreach (var (setting, value) in times)
            if (!Seconds.IsValid(value))
                yield return Seconds.Error(setting, value);

        var bound = updates.Read().BoundSeconds;
        if (Seconds.IsValid(options.GraceSeconds) && options.GraceSeconds < GraceInBounds * bound)
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"COLLECTION__GRACESECONDS is {options.GraceSeconds}; it must be at least four times "
                    + $"UPDATES__BOUNDSECONDS, which is {bound}.");
    }
}
