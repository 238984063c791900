namespace Registry.Core.Errors;

/// <summary>
/// The error of a request that the registry rejects, or whose outcome is unknown. Other failures of the storage are
/// reported as <see cref="Storage.StorageException"/>.
/// </summary>
/// <param name="code">The error code.</param>
/// <param name="message">
/// One sentence for humans. It may reach the client, so it contains only what the client sent or may know.
/// </param>
/// <param name="cause">The failure behind the error, for the log only; null if there is none.</param>
/// <param name="details">The same facts for programs, by name; a null value is sent as null.</param>
public sealed class RegistryException(
    ErrorCode code, string message, Exception? cause, params (string Name, object? Value)[] details)
    : Exception(message, cause)
{
    /// <summary>Creates an error without a cause.</summary>
    /// <param name="code">The error code.</param>
    /// <param name="message">One sentence for humans, as above.</param>
    /// <param name="details">The same facts for programs, by name; a null value is sent as null.</param>
    public RegistryException(ErrorCode code, string message, params (string Name, object? Value)[] details)
        : this(code, message, cause: null, details)
    {
    }

    /// <summary>The error code.</summary>
    public ErrorCode Code { get; } = code;

    /// <summary>The facts of the message for programs, by name; a null value is sent as null.</summary>
    public IReadOnlyList<(string Name, object? Value)> Details { get; } = details;
}

/// <summary>The errors of requests. Each API maps all of them to its statuses and texts in one table.</summary>
public enum ErrorCode
{
    /// <summary>The request is malformed: a field is missing, has the wrong type, or is not JSON.</summary>
    InvalidUsage,

    /// <summary>The name of a repository is invalid.</summary>
    InvalidName,

    /// <summary>The size of a page is not a number.</summary>
    InvalidPageSize,

    /// <summary>The body does not have the length that the request announces.</summary>
    InvalidSize,

    /// <summary>The request is well formed, but its content is invalid.</summary>
    InvalidParameters,

    /// <summary>The release or release query is invalid.</summary>
    InvalidRelease,

    /// <summary>The request needs credentials, or those that it has are wrong, expired or revoked.</summary>
    Unauthorized,

    /// <summary>The client is not allowed to do this.</summary>
    Forbidden,

    /// <summary>The package, its release in a media type, or the blob does not exist.</summary>
    PackageNotFound,

    /// <summary>No release of the package matches the query.</summary>
    ReleaseNotFound,

    /// <summary>The channel does not exist.</summary>
    ChannelNotFound,

    /// <summary>The app archive does not exist.</summary>
    ArchiveNotFound,

    /// <summary>The token does not exist, or the caller may not see it.</summary>
    TokenNotFound,

    /// <summary>
    /// The release already exists in this media type, or an image holds its version as a tag, which no push replaces.
    /// </summary>
    PackageExists,

    /// <summary>The OCI manifest, or its tag, does not exist.</summary>
    ManifestNotFound,

    /// <summary>The blob does not exist in the package.</summary>
    BlobNotFound,

    /// <summary>The staged upload does not exist.</summary>
    UploadNotFound,

    /// <summary>The OCI manifest is invalid, or its media type is not supported.</summary>
    InvalidManifest,

    /// <summary>The OCI manifest names a blob or a manifest that the package does not have.</summary>
    UnknownReference,

    /// <summary>The digest is invalid, or does not match the bytes.</summary>
    InvalidDigest,

    /// <summary>
    /// The package holds something else under this name, which is not replaced: a release with different content, or a
    /// reserved tag.
    /// </summary>
    Conflict,

    /// <summary>The blob cannot be deleted, because something in the package refers to it.</summary>
    BlobInUse,

    /// <summary>The bytes do not start at the end of the staged upload.</summary>
    UploadOutOfOrder,

    /// <summary>Too many uploads are staged: retry later.</summary>
    TooManyUploads,

    /// <summary>The index of the package would become too large.</summary>
    IndexFull,

    /// <summary>Too many concurrent writers of one package: retry.</summary>
    ResourceInUse,

    /// <summary>The request exceeds the configured size limit.</summary>
    RequestTooLarge,

    /// <summary>The URL has more parameters than allowed.</summary>
    UriTooLong,

    /// <summary>
    /// The outcome of a write is unknown, or the registry is starting or has no memory left for transfers: check, then
    /// retry.
    /// </summary>
    Unavailable,
}
