using System.Collections.Frozen;
using System.Globalization;
using Microsoft.Net.Http.Headers;
using Registry.Core.Errors;
using Registry.Core.Storage;

namespace Registry.Api.Http.Errors;

/// <summary>
/// Every error that either API can answer, in one place: CNR's vocabulary, which KAR shares and adds
/// <c>archive-not-found</c> to.
/// </summary>
internal static class ErrorTable
{
    /// <summary>
    /// How long a client should wait, in seconds, before it asks a storage again that did not answer: about what a
    /// restart takes.
    /// </summary>
    private const int UnavailableSeconds = 2;

    private static readonly string UnavailableRetryAfter = UnavailableSeconds.ToString(CultureInfo.InvariantCulture);

    /// <summary>The same for a storage that is full, where somebody has to make room first.</summary>
    private const string FullRetryAfter = "60";

    /// <summary>Status and code of everything that the domain refuses.</summary>
    public static FrozenDictionary<ErrorCode, (int Status, string Code)> Refusals { get; } =
        new Dictionary<ErrorCode, (int, string)>
        {
            [ErrorCode.InvalidUsage] = (StatusCodes.Status400BadRequest, "invalid-usage"),
            [ErrorCode.InvalidParameters] = (StatusCodes.Status422UnprocessableEntity, "invalid-parameters"),
            [ErrorCode.InvalidRelease] = (StatusCodes.Status422UnprocessableEntity, "invalid-release"),
            [ErrorCode.Forbidden] = (StatusCodes.Status403Forbidden, "forbidden"),
            [ErrorCode.PackageNotFound] = (StatusCodes.Status404NotFound, "package-not-found"),
            [ErrorCode.ReleaseNotFound] = (StatusCodes.Status404NotFound, "package-release-not-found"),
            [ErrorCode.ChannelNotFound] = (StatusCodes.Status404NotFound, "channel-not-found"),
            [ErrorCode.ArchiveNotFound] = (StatusCodes.Status404NotFound, "archive-not-found"),
            [ErrorCode.PackageExists] = (StatusCodes.Status409Conflict, "package-exists"),
            [ErrorCode.ResourceInUse] = (StatusCodes.Status409Conflict, "resource-in-use"),
            [ErrorCode.RequestTooLarge] = (StatusCodes.Status413PayloadTooLarge, "request-too-large"),
            [ErrorCode.Unavailable] = (StatusCodes.Status503ServiceUnavailable, "unavailable"),
        }.ToFrozenDictionary();

    /// <summary>Code and message of what HTTP itself, the framework or the storage refuses, by status.</summary>
    public static FrozenDictionary<int, (string Code, string Message)> Statuses { get; } =
        new Dictionary<int, (string, string)>
        {
            [StatusCodes.Status400BadRequest] = ("invalid-usage", "The request is malformed."),
            [StatusCodes.Status403Forbidden] = ("forbidden", "The origin or the host of this request is not allowed."),
            [StatusCodes.Status404NotFound] = ("resource-not-found", "There is nothing at this address."),
            [StatusCodes.Status405MethodNotAllowed] = ("method-not-allowed", "Method not allowed."),
            [StatusCodes.Status408RequestTimeout] = ("request-timeout", "The request did not arrive in time."),
            [StatusCodes.Status412PreconditionFailed] =
                ("precondition-failed", "The resource does not match If-Match or If-Unmodified-Since."),
            [StatusCodes.Status413PayloadTooLarge] =
                ("request-too-large", "The request is larger than this registry accepts."),
            [StatusCodes.Status414UriTooLong] = ("uri-too-long", "The address is longer than this registry accepts."),
            [StatusCodes.Status415UnsupportedMediaType] =
                ("unsupported-media-type", "This address does not take this content type."),
            [StatusCodes.Status416RangeNotSatisfiable] =
                ("range-not-satisfiable", "The range begins after the end of the content."),
            [StatusCodes.Status500InternalServerError] = ("internal-error", "The registry failed."),
            [StatusCodes.Status503ServiceUnavailable] = ("unavailable", "The storage does not answer. Try again."),
            [StatusCodes.Status507InsufficientStorage] = ("storage-full", "The storage is full."),
        }.ToFrozenDictionary();

    /// <summary>The answer to a request that the domain refuses.</summary>
    public static ErrorAnswer Of(RegistryException refusal)
    {
        var (status, code) = Refusals[refusal.Code];
        return new ErrorAnswer(status, code, refusal.Message)
        {
            Details = refusal.Details,
            Headers = HeadersOf(status),
        };
    }

    /// <summary>
    /// The answer to a failure of the storage: 507 when it is full, otherwise 503. The log alone gives the cause.
    /// </summary>
    public static ErrorAnswer Of(StorageException fault) => fault.Kind switch
    {
        StorageFault.Full => OfStatus(StatusCodes.Status507InsufficientStorage),
        StorageFault.Corrupt => OfStatus(StatusCodes.Status503ServiceUnavailable) with
        {
            Message =
                "What is stored for this request cannot be read. An operator finds the cause in the registry's log.",
        },
        StorageFault.NewerSchema => OfStatus(StatusCodes.Status503ServiceUnavailable) with
        {
            Message =
                "A newer version of the registry stored this package. "
                + "An operator finds the version in the registry's log.",
        },
        _ => OfStatus(StatusCodes.Status503ServiceUnavailable) with
        {
            Headers = [(HeaderNames.RetryAfter, RetryAfterOf(fault))],
        },
    };

    /// <summary>What the storage asks for, where that is longer than the usual.</summary>
    private static string RetryAfterOf(StorageException fault) =>
        fault.RetryAfter is { } asked && asked.TotalSeconds > UnavailableSeconds
            ? Math.Ceiling(asked.TotalSeconds).ToString(CultureInfo.InvariantCulture)
            : UnavailableRetryAfter;

    /// <summary>
    /// The answer for a bare status. One that the table does not hold speaks as the 400 or 500 of its class.
    /// </summary>
    public static ErrorAnswer OfStatus(int status)
    {
        if (!Statuses.TryGetValue(status, out var entry))
            entry = Statuses[status < 500 ? StatusCodes.Status400BadRequest : StatusCodes.Status500InternalServerError];
        return new ErrorAnswer(status, entry.Code, entry.Message) { Headers = HeadersOf(status) };
    }

    private static (string, string)[] HeadersOf(int status) => status switch
    {
        StatusCodes.Status503ServiceUnavailable => [(HeaderNames.RetryAfter, UnavailableRetryAfter)],
        StatusCodes.Status507InsufficientStorage => [(HeaderNames.RetryAfter, FullRetryAfter)],
        _ => [],
    };
}
