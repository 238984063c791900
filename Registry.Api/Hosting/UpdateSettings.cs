using Registry.Core.Documents;

namespace Registry.Api.Hosting;

/// <summary>Section <c>Updates</c>: how long changes of packages are retried.</summary>
public sealed class UpdateSettings
{
    /// <summary>How long, in seconds, the change of a package is retried against other writers.</summary>
    /// <value>Default 15.</value>
    public double BoundSeconds { get; set; } = new UpdateOptions().Bound.TotalSeconds;

    internal UpdateOptions ToOptions() => new() { Bound = TimeSpan.FromSeconds(BoundSeconds) };
}
