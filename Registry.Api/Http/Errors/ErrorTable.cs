using System.Collections.Frozen;
using System.Globalization;
using Microsoft.Net.Http.Headers;
using Registry.Core.Access;
using Registry.Core.Errors;
using Registry.Core.Storage;

namespace Registry.Api.Http.Errors;

/// <summary>Every error that a protocol can return, in one place.</summary>
/// <param name="refusals">The status and code of every error of the domain.</param>
/// <param name="statuses">
/// The code and message of each error of HTTP, the framework and the storage, by status. 400, 500, 503 and 507 are
/// required.
/// </param>
/// <param name="messageOf">The message of an error of the domain; null for its own.</param>
internal sealed class ErrorTable(
    FrozenDictionary<ErrorCode, (int Status, string Code)> refusals,
    FrozenDictionary<int, (string Code, string Message)> statuses,
    Func<RegistryException, string>? messageOf = null)
{
    /// <summary>
    /// How long, in seconds, a client should wait before it retries when the storage does not respond: about as long as
    /// a restart of the storage takes.
    /// </summary>
    private const int UnavailableSeconds = 2;

    /// <summary>The <c>Retry-After</c> of a full storage, where an operator has to free space first.</summary>
    private const string FullRetryAfter = "60";

    /// <summary>The <c>Retry-After</c> of a storage that does not respond.</summary>
    public static string UnavailableRetryAfter { get; } = UnavailableSeconds.ToString(CultureInfo.InvariantCulture);

    /// <summary>
    /// The vocabulary of CNR, which KAR extends with <c>archive-not-found</c>. Pages and health use it too. Errors that
    /// only OCI and Helm clients cause are in it for completeness.
    /// </summary>
    public static ErrorTable Default { get; } = new(
        new Dictionary<ErrorCode, (int, string)>
        {
            [ErrorCode.InvalidUsage] = (StatusCodes.Status400BadRequest, "invalid-usage"),
            [ErrorCode.InvalidName] = (StatusCodes.Status400BadRequest, "invalid-usage"),
            [ErrorCode.InvalidPageSize] = (StatusCodes.Status400BadRequest, "invalid-usage"),
            [ErrorCode.InvalidSize] = (StatusCodes.Status400BadRequest, "invalid-usage"),
            [ErrorCode.InvalidParameters] = (StatusCodes.Status422UnprocessableEntity, "invalid-parameters"),
            [ErrorCode.InvalidRelease] = (StatusCodes.Status422UnprocessableEntity, "invalid-release"),
            [ErrorCode.Unauthorized] = (StatusCodes.Status401Unauthorized, "unauthorized-access"),
            [ErrorCode.Forbidden] = (StatusCodes.Status403Forbidden, "forbidden"),
            [ErrorCode.PackageNotFound] = (StatusCodes.Status404NotFound, "package-not-found"),
            [ErrorCode.ReleaseNotFound] = (StatusCodes.Status404NotFound, "package-release-not-found"),
            [ErrorCode.ChannelNotFound] = (StatusCodes.Status404NotFound, "channel-not-found"),
            [ErrorCode.ArchiveNotFound] = (StatusCodes.Status404NotFound, "archive-not-found"),
            [ErrorCode.TokenNotFound] = (StatusCodes.Status404NotFound, "token-not-found"),
            [ErrorCode.PackageExists] = (StatusCodes.Status409Conflict, "package-exists"),
            [ErrorCode.ManifestNotFound] = (StatusCodes.Status404NotFound, "manifest-not-found"),
            [ErrorCode.BlobNotFound] = (StatusCodes.Status404NotFound, "blob-not-found"),
            [ErrorCode.UploadNotFound] = (StatusCodes.Status404NotFound, "upload-not-found"),
            [ErrorCode.InvalidManifest] = (StatusCodes.Status422UnprocessableEntity, "invalid-parameters"),
            [ErrorCode.UnknownReference] = (StatusCodes.Status422UnprocessableEntity, "invalid-parameters"),
            [ErrorCode.InvalidDigest] = (StatusCodes.Status422UnprocessableEntity, "invalid-parameters"),
            [ErrorCode.Conflict] = (StatusCodes.Status409Conflict, "conflict"),
            [ErrorCode.BlobInUse] = (StatusCodes.Status409Conflict, "blob-in-use"),
            [ErrorCode.UploadOutOfOrder] = (StatusCodes.Status409Conflict, "upload-out-of-order"),
            [ErrorCode.TooManyUploads] = (StatusCodes.Status429TooManyRequests, "too-many-uploads"),
            [ErrorCode.IndexFull] = (StatusCodes.Status422UnprocessableEntity, "invalid-parameters"),
            [ErrorCode.ResourceInUse] = (StatusCodes.Status409Conflict, "resource-in-use"),
            [ErrorCode.RequestTooLarge] = (StatusCodes.Status413PayloadTooLarge, "request-too-large"),
            [ErrorCode.UriTooLong] = (StatusCodes.Status414UriTooLong, "uri-too-long"),
            [ErrorCode.Unavailable] = (StatusCodes.Status503ServiceUnavailable, "unavailable"),
        }.ToFrozenDictionary(),
        new Dictionary<int, (string, string)>
        {
            [StatusCodes.Status400BadRequest] = ("invalid-usage", "The request is malformed."),
            [StatusCodes.Status401Unauthorized] = ("unauthorized-access", AccessErrors.LoginRequired),
            [StatusCodes.Status403Forbidden] = ("forbidden", "The origin or the host of this request is not allowed."),
            [StatusCodes.Status404NotFound] = ("resource-not-found", "Not found."),
            [StatusCodes.Status405MethodNotAllowed] = ("method-not-allowed", "Method not allowed."),
            [StatusCodes.Status408RequestTimeout] = ("request-timeout", "The request did not arrive in time."),
            [StatusCodes.Status412PreconditionFailed] =
                ("precondition-failed", "The resource does not match If-Match or If-Unmodified-Since."),
            [StatusCodes.Status413PayloadTooLarge] =
                ("request-too-large", "The request is larger than this registry accepts."),
            [StatusCodes.Status414UriTooLong] = ("uri-too-long", "The URL is longer than this registry accepts."),
            [StatusCodes.Status415UnsupportedMediaType] =
                ("unsupported-media-type", "The content type is not supported."),
            [StatusCodes.Status416RangeNotSatisfiable] =
                ("range-not-satisfiable", "The range begins after the end of the content."),
            [StatusCodes.Status500InternalServerError] = ("internal-error", "Internal error."),
            [StatusCodes.Status503ServiceUnavailable] = ("unavailable", "The storage does not respond. Try again."),
            [StatusCodes.Status507InsufficientStorage] = ("storage-full", "The storage is full."),
        }.ToFrozenDictionary());

    /// <summary>The status and code of every error of the domain.</summary>
    public FrozenDictionary<ErrorCode, (int Status, string Code)> Refusals => refusals;

    /// <summary>The code and message of each error of HTTP, the framework and the storage, by status.</summary>
    public FrozenDictionary<int, (string Code, string Message)> Statuses => statuses;

    /// <summary>Returns the error for a request that the domain rejects.</summary>
    public ErrorResponse Of(RegistryException refusal)
    {
        var (status, code) = refusals[refusal.Code];
        return new ErrorResponse(status, code, messageOf?.Invoke(refusal) ?? refusal.Message)
        {
            Details = refusal.Details,
            Headers = HeadersOf(status),
        };
    }

    /// <summary>
    /// Returns the error for a failure of the storage: 507 when it is full, otherwise 503. The cause is only logged.
    /// </summary>
    public ErrorResponse Of(StorageException fault) => fault.Kind switch
    {
        StorageFault.Full => OfStatus(StatusCodes.Status507InsufficientStorage),
        StorageFault.Corrupt => OfStatus(StatusCodes.Status503ServiceUnavailable) with
        {
            Message =
                "The stored data for this request cannot be read. The log of the registry contains the cause.",
        },
        StorageFault.Denied => OfStatus(StatusCodes.Status503ServiceUnavailable) with
        {
            Message =
                "The storage denies access: the registry lacks the permission, or its credentials are wrong. "
                + "The log of the registry contains the cause.",
        },
        StorageFault.NewerSchema => OfStatus(StatusCodes.Status503ServiceUnavailable) with
        {
            Message =
                "A newer version of the registry stored the data for this request. "
                + "The log of the registry contains the version.",
        },
        _ => OfStatus(StatusCodes.Status503ServiceUnavailable) with
        {
            Headers = [(HeaderNames.RetryAfter, RetryAfterOf(fault))],
        },
    };

    /// <summary>
    /// Returns the error for a status. A status that the table does not contain has the code and message of 400 or 500.
    /// </summary>
    public ErrorResponse OfStatus(int status)
    {
        if (!statuses.TryGetValue(status, out var entry))
            entry = statuses[status < 500 ? StatusCodes.Status400BadRequest : StatusCodes.Status500InternalServerError];
        return new ErrorResponse(status, entry.Code, entry.Message) { Headers = HeadersOf(status) };
    }

    /// <summary>Returns the delay that the storage asks for, if it is longer than the default.</summary>
    private static string RetryAfterOf(StorageException fault) =>
        fault.RetryAfter is { } asked && asked.TotalSeconds > UnavailableSeconds
            ? Math.Ceiling(asked.TotalSeconds).ToString(CultureInfo.InvariantCulture)
            : UnavailableRetryAfter;

    private static (string, string)[] HeadersOf(int status) => status switch
    {
        // Basic is all that Helm, skopeo and other OCI clients need. Some look for it in HEAD responses too.
        StatusCodes.Status401Unauthorized => [(HeaderNames.WWWAuthenticate, "Basic realm=\"Registry\"")],
        StatusCodes.Status429TooManyRequests or StatusCodes.Status503ServiceUnavailable =>
            [(HeaderNames.RetryAfter, UnavailableRetryAfter)],
        StatusCodes.Status507InsufficientStorage => [(HeaderNames.RetryAfter, FullRetryAfter)],
        _ => [],
    };
}
