using Registry.Core.Access;
using Registry.Core.Storage;

namespace Registry.Core.Events;

/// <summary>
/// A change that was made and is durable, or a request that was rejected. Contains no secrets, metadata or content.
/// </summary>
/// <param name="Time">The time at which the change was completed or the request rejected.</param>
/// <param name="Caller">Who sent the request.</param>
/// <param name="Action">The change or rejection.</param>
/// <param name="Resource">The name of the package or workspace, or the id of the token.</param>
public sealed record RegistryEvent(DateTimeOffset Time, Caller Caller, RegistryAction Action, string Resource)
{
    /// <summary>The OCI tag; null when the change is not about one.</summary>
    public string? Tag { get; init; }

    /// <summary>The release; null when the change is not about one.</summary>
    public string? Release { get; init; }

    /// <summary>The package from which a blob was copied; null when the change is not such a copy.</summary>
    public string? Source { get; init; }

    /// <summary>The media type; null when the change is not about one.</summary>
    public string? MediaType { get; init; }

    /// <summary>
    /// The channel; null when the change is not about one. Several restored channels are separated by a comma and a
    /// space.
    /// </summary>
    public string? Channel { get; init; }

    /// <summary>The sha256 of the stored bytes; null when the change is not about content.</summary>
    public Digest? StoredDigest { get; init; }

    /// <summary>The sha256 of the gunzipped tar; null when the change is not about one.</summary>
    public Digest? TarDigest { get; init; }

    /// <summary>The length of the stored bytes; null when no content was stored.</summary>
    public long? Size { get; init; }

    /// <summary>The name of the token; null when the change is not about one, or it could not be read.</summary>
    public string? TokenName { get; init; }

    /// <summary>
    /// The scopes of the token, separated by spaces; null when the change is not about one, or it could not be read.
    /// </summary>
    public string? Scopes { get; init; }

    /// <summary>Why a request was rejected, as a sentence; null for what was done.</summary>
    public string? Reason { get; init; }

    /// <summary>Whether the request was rejected: then nothing was done.</summary>
    public bool IsRefusal => Action is RegistryAction.RequestDenied or RegistryAction.CredentialsRefused;

    /// <summary>Whether the change replaced the content of a release, or its provenance file.</summary>
    public bool Forced { get; init; }
}
