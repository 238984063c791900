using Registry.Core.Documents;

namespace Registry.Api.Hosting;

/// <summary>Section <c>Updates</c>: how long changes of packages, tokens and sessions are retried.</summary>
public sealed class UpdateSettings : ISettings
{
    /// <summary>The name of the section.</summary>
    internal const string Section = "Updates";

    /// <summary>
    /// How long, in seconds, a change is retried after a lost race or a temporary failure of the storage.
    /// </summary>
    /// <value>Default 15.</value>
    public double BoundSeconds { get; set; } = new UpdateOptions().Bound.TotalSeconds;

    /// <inheritdoc/>
    public IEnumerable<string> Errors() =>
        Seconds.IsValid(BoundSeconds) ? [] : [Seconds.Error("UPDATES__BOUNDSECONDS", BoundSeconds)];

    internal UpdateOptions ToOptions() => new() { Bound = TimeSpan.FromSeconds(BoundSeconds) };
}
