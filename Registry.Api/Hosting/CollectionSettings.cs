using System.Globalization;
using Registry.Core.Packages;
using Registry.Core.Settings;

namespace Registry.Api.Hosting;

/// <summary>
/// Section <c>Collection</c>: when unreferenced blobs are deleted. All values are in seconds.
/// </summary>
public sealed class CollectionSettings : ISettings
{
    /// <summary>The name of the section.</summary>
    internal const string Section = "Collection";

    /// <summary>The shortest period of a timer, in seconds.</summary>
    private const double MinPeriod = 0.001;

    /// <summary>Below the longest period of a timer, which is 49 days, in seconds.</summary>
    private const double PeriodLimit = 4e6;

    private const int GraceInBounds = 4;

    private static readonly CollectionOptions Defaults = new();

    /// <summary>The time between two collections.</summary>
    /// <value>Default 3,600.</value>
    public double PeriodSeconds { get; set; } = Defaults.Period.TotalSeconds;

    /// <summary>
    /// How long a blob must have been seen unreferenced before it is deleted. At least four times
    /// <see cref="UpdateSettings.BoundSeconds"/>.
    /// </summary>
    /// <value>Default 3,600.</value>
    public double GraceSeconds { get; set; } = Defaults.Grace.TotalSeconds;

    /// <summary>How long a staged upload may be idle before it is discarded.</summary>
    /// <value>Default 21,600.</value>
    public double StagedIdleSeconds { get; set; } = Defaults.StagedIdle.TotalSeconds;

    /// <inheritdoc/>
    public IEnumerable<string> Errors()
    {
        if (!(PeriodSeconds is >= MinPeriod and < PeriodLimit))
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"COLLECTION__PERIODSECONDS is {PeriodSeconds}; it must be at least {MinPeriod} and below "
                    + $"{PeriodLimit} seconds.");
        if (!Seconds.IsValid(GraceSeconds))
            yield return Seconds.Error("COLLECTION__GRACESECONDS", GraceSeconds);
        if (!Seconds.IsValid(StagedIdleSeconds))
            yield return Seconds.Error("COLLECTION__STAGEDIDLESECONDS", StagedIdleSeconds);
    }

    /// <summary>Returns the error of a grace period that a change of a package may outlast.</summary>
    internal static IEnumerable<string> Errors(IConfiguration configuration)
    {
        var grace = new SettingsSection<CollectionSettings>(configuration, Section).Read().GraceSeconds;
        var bound = new SettingsSection<UpdateSettings>(configuration, UpdateSettings.Section).Read().BoundSeconds;
        if (Seconds.IsValid(grace) && grace < GraceInBounds * bound)
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"COLLECTION__GRACESECONDS is {grace}; it must be at least four times UPDATES__BOUNDSECONDS, which is "
                    + $"{bound}.");
    }

    internal CollectionOptions ToOptions() => new()
    {
        Period = TimeSpan.FromSeconds(PeriodSeconds),
        Grace = TimeSpan.FromSeconds(GraceSeconds),
        StagedIdle = TimeSpan.FromSeconds(StagedIdleSeconds),
    };
}
