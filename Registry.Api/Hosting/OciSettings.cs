namespace Registry.Api.Hosting;

/// <summary>Section <c>Oci</c>: the artifacts of OCI clients.</summary>
public sealed class OciSettings : ISettings
{
    /// <summary>A number of days that a date can represent.</summary>
    private const int MaxDays = 36_500;

    /// <summary>
    /// The number of days since its last push after which a manifest is removed if no tag, release, image index or
    /// subject holds it.
    /// </summary>
    /// <value>Default 0: none is removed.</value>
    public int Untagged { get; set; }

    /// <summary>The age as a time; null to keep all manifests.</summary>
    internal TimeSpan? UntaggedAge => Untagged > 0 ? TimeSpan.FromDays(Untagged) : null;

    /// <inheritdoc/>
    public IEnumerable<string> Errors() => Untagged is >= 0 and <= MaxDays
        ? []
        : [$"OCI__UNTAGGED is {Untagged}; expected a number of days from 1 to {MaxDays}, or 0 for never."];
}
