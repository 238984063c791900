namespace Registry.Core.Packages;

/// <summary>How long changes of packages are tried.</summary>
public sealed record UpdateOptions
{
    /// <summary>For how long a change is tried against other writers before it answers <see cref="Errors.ErrorCode.ResourceInUse"/>.</summary>
    /// <value>Default 15 seconds. The collector's grace must be at least four times as long.</value>
    public TimeSpan Bound { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>The longest pause before the first retry; it doubles with each, is random below that, and never exceeds <see cref="MaxPause"/>.</summary>
    /// <value>Default 10 milliseconds.</value>
    public TimeSpan FirstPause { get; init; } = TimeSpan.FromMilliseconds(10);

    /// <summary>The longest pause between two tries.</summary>
    /// <value>Default 1 second: what a storage that takes one write a second to one object needs.</value>
    public TimeSpan MaxPause { get; init; } = TimeSpan.FromSeconds(1);
}
