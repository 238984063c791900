namespace Registry.Core.Documents;

/// <summary>How long the change of a document is attempted.</summary>
public sealed record UpdateOptions
{
    /// <summary>
    /// How long a change is attempted. Then it fails: with <see cref="Errors.ErrorCode.ResourceInUse"/> after lost
    /// races, with <see cref="Errors.ErrorCode.Unavailable"/> if its outcome is unknown, or with the failure of the
    /// storage.
    /// </summary>
    /// <value>Default 15 seconds. The collector's grace period must be at least four times as long.</value>
    public TimeSpan Bound { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// The longest pause before the first retry. It doubles with each retry up to <see cref="MaxPause"/>; the actual
    /// pause is random below it.
    /// </summary>
    /// <value>Default 10 milliseconds.</value>
    public TimeSpan FirstPause { get; init; } = TimeSpan.FromMilliseconds(10);

    /// <summary>The longest pause between two attempts.</summary>
    /// <value>
    /// Default 1 second, because some storage backends accept only one write per second to the same object.
    /// </value>
    public TimeSpan MaxPause { get; init; } = TimeSpan.FromSeconds(1);
}
