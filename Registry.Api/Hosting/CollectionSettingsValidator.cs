using System.Globalization;
using Microsoft.Extensions.Options;
using Registry.Core.Settings;

namespace Registry.Api.Hosting;

/// <summary>Requires times above 0, and a grace period that is longer than any change of a package.</summary>
/// <param name="updates">The section that bounds the time of a change.</param>
internal sealed class CollectionSettingsValidator(
    SettingsSection<UpdateSettings> updates) : IValidateOptions<CollectionSettings>
{
    private const int GraceInBounds = 4;

    public ValidateOptionsResult Validate(
        string? name, CollectionSettings options) => ValidationResults.Of(ErrorsOf(options));

    private IEnumerable<string> ErrorsOf(CollectionSettings options)
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
