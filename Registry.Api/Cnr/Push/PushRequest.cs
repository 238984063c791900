using Registry.Core.Errors;
using Registry.Core.Packages;

namespace Registry.Api.Cnr.Push;

/// <summary>
/// A push as it was asked for: all fields present and of the right type, none of them judged. Whoever holds it disposes
/// it, which discards the upload unless it was committed.
/// </summary>
/// <remarks>
/// The protocol judges in this order: what reading the request threw (413, 400), then the release (422), then the
/// content (422), then what is stored (409). So judge <see cref="Release"/> and <see cref="MediaType"/> first, then
/// call <see cref="GetMetadata"/>, then complete <see cref="Push"/>, which tells what is wrong with the blob, its
/// base64 included.
/// </remarks>
/// <param name="push">The content, written to its end but not completed.</param>
/// <param name="metadataLimit">The limit in bytes that the metadata passed; null when it did not.</param>
/// <param name="metadata">The metadata as JSON.</param>
internal sealed class PushRequest(PackagePush push, int? metadataLimit, string? metadata) : IAsyncDisposable
{
    /// <summary>
    /// The release, whether it is one or not. Null when null was sent, which is a bad release (422) and not a missing
    /// one (400).
    /// </summary>
    public required string? Release { get; init; }

    /// <summary>The media type, whether it is one or not; null when none was given.</summary>
    public required string? MediaType { get; init; }

    /// <summary>Whether a release that is there is replaced.</summary>
    public required bool Force { get; init; }

    /// <summary>
    /// The content, all of its bytes written. Its verdict is that of <see cref="PackagePush.CompleteAsync"/>.
    /// </summary>
    public PackagePush Push { get; } = push;

    /// <summary>The metadata as the JSON text that was sent; null when there is none.</summary>
    /// <exception cref="RegistryException">
    /// <see cref="ErrorCode.InvalidParameters"/>, field <c>metadata</c>: it is larger than the limit.
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
