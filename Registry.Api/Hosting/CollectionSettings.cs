using Registry.Core.Packages;

namespace Registry.Api.Hosting;

/// <summary>
/// Section <c>Collection</c>: when unreferenced blobs are deleted. All values are in seconds.
/// </summary>
public sealed class CollectionSettings
{
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

    internal CollectionOptions ToOptions() => new()
    {
        Period = TimeSpan.FromSeconds(PeriodSeconds),
        Grace = TimeSpan.FromSeconds(GraceSeconds),
        StagedIdle = TimeSpan.FromSeconds(StagedIdleSeconds),
    };
}
