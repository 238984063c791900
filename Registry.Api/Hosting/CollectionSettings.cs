using Registry.Core.Content;

namespace Registry.Api.Hosting;

/// <summary>Section <c>Collection</c>: when the space of blobs that nobody refers to is reclaimed. All in seconds.</summary>
public sealed class CollectionSettings
{
    /// <summary>The pause between two collections.</summary>
    /// <value>Default 3,600.</value>
    public double PeriodSeconds { get; set; } = 3600;

    /// <summary>How long a blob must have been seen unreferenced before it is deleted. At least four times <see cref="UpdateSettings.BoundSeconds"/>.</summary>
    /// <value>Default 3,600.</value>
    public double GraceSeconds { get; set; } = 3600;

    /// <summary>A staged upload that nobody wrote to for this long is discarded.</summary>
    /// <value>Default 21,600.</value>
    public double StagedIdleSeconds { get; set; } = 21600;

    internal CollectionOptions ToOptions() => new()
    {
        Period = TimeSpan.FromSeconds(PeriodSeconds),
        Grace = TimeSpan.FromSeconds(GraceSeconds),
        StagedIdle = TimeSpan.FromSeconds(StagedIdleSeconds),
    };

    internal IEnumerable<string> Errors(UpdateSettings updates)
    {
        if (!(PeriodSeconds is > 0 and < 1e8))
            yield return $"Collection:PeriodSeconds is {PeriodSeconds}; it must be above 0.";
        if (!(GraceSeconds is > 0 and < 1e8) || GraceSeconds < 4 * updates.BoundSeconds)
            yield return $"Collection:GraceSeconds is {GraceSeconds}; it must be at least four times Updates:BoundSeconds, which is {updates.BoundSeconds}.";
        if (!(StagedIdleSeconds is > 0 and < 1e8))
            yield return $"Collection:StagedIdleSeconds is {StagedIdleSeconds}; it must be above 0.";
    }
}
