namespace Registry.Core.Packages;

/// <summary>The options of a push.</summary>
/// <param name="Force">Whether to replace an existing release in this media type.</param>
/// <param name="Metadata">A JSON value that is stored verbatim; null for none.</param>
public sealed record PushOptions(bool Force, string? Metadata)
{
    /// <summary>The provenance file of a chart that is new, or has a new content; null for none.</summary>
    public ReadOnlyMemory<byte>? Provenance { get; init; }
}
