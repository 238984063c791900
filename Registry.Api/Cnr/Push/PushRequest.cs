using Registry.Core.Errors;
using Registry.Core.Packages;

namespace Registry.Api.Cnr.Push;

/// <summary>
/// The fields of a push: all required ones are present and of the right type, but none is validated. The owner disposes
/// it, which discards the push unless it was completed.
/// </summary>
/// <remarks>
/// The protocol validates in this order: reading the request (413, 400), then the release (422), then the content
/// (422), then the stored releases (409). So validate <see cref="Release"/> and <see cref="MediaType"/> first, then
/// call <see cref="GetMetadata"/>, then complete <see cref="Push"/>, which validates the blob, including its base64.
/// </remarks>
/// <param name="push">The push, whose content is written to its end.</param>
/// <param name="metadataLimit">The limit in bytes that the metadata exceeds; null when it does not.</param>
/// <param name="metadata">The metadata as JSON.</param>
internal sealed class PushRequest(PackagePush push, int? metadataLimit, string? metadata) : IAsyncDisposable
{
    /// <summary>
    /// The release, which may be invalid. Null when null was sent, which is an invalid release (422) and not a missing
    /// one (400).
    /// </summary>
    public required string? Release { get; init; }

    /// <summary>The media type, which may be invalid; null for none.</summary>
    public required string? MediaType { get; init; }

    /// <summary>Whether to replace an existing release.</summary>
    public required bool Force { get; init; }

    /// <summary>
    /// The push, whose content is written to its end. <see cref="PackagePush.CompleteAsync"/> validates it.
    /// </summary>
    public PackagePush Push { get; } = push;

    /// <summary>Returns the metadata as the JSON text that was sent; null for none.</summary>
    /// <exception cref="RegistryException">
    /// <see cref="ErrorCode.InvalidParameters"/>, field <c>metadata</c>: the metadata is larger than the limit.
    /// </exception>
    public string? GetMetadata() => metadataLimit is null
        ? metadata
        : throw new RegistryException(
            ErrorCode.InvalidParameters,
            $"The metadata is larger than {metadataLimit} bytes, the limit of this registry.",
            ("field", "metadata"));

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Push.DisposeAsync();
}
