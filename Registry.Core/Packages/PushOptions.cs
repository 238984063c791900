namespace Registry.Core.Packages;

/// <summary>What a push says besides its content.</summary>
/// <param name="Force">Replace the release if it is there already in this media type.</param>
/// <param name="Metadata">A JSON value that is kept verbatim; null for none.</param>
public sealed record PushOptions(bool Force, string? Metadata);
