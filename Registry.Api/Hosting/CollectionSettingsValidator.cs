using System.Globalization;
using Microsoft.Extensions.Options;
using Registry.Core.Settings;

namespace Registry.Api.Hosting;

/// <summary>
/// Requires a period that a timer accepts, times above 0, and a grace period that is longer than any change of a
/// package.
/// </summary>
/// <param name="updates">The section that bounds the time of a change.</param>
internal sealed class CollectionSettingsValidator(
    SettingsSection<UpdateSettings> updates) : IValidateOptions<CollectionSettings>
{
    private const int GraceInBounds = 4;

    /// <summary>The shortest period of a timer, in seconds.</summary>
    private const double MinPeriod = 0.001;

    /// <summary>Below the longest period of a timer, which is 49 days, in seconds.</summary>
    private const double PeriodLimit = 4e6;

    public ValidateOptionsResult Validate(
        string? name, CollectionSettings options) => ValidationResults.Of(ErrorsOf(options));

    private IEnumerable<string> ErrorsOf(CollectionSettings options)
    {
        if (!(options.PeriodSeconds is >= MinPeriod and < PeriodLimit))
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"COLLECTION__PERIODSECONDS is {options.PeriodSeconds}; it must be at least {MinPeriod} and below "
                    + $"{PeriodLimit} seconds.");
        (string Name, double Value)[] times =
        [
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
