using System.Collections.Frozen;
using Registry.Api.Http.Errors;
using Registry.Core.Errors;

namespace Registry.Api.Oci;

/// <summary>
/// The errors of the OCI distribution API, with the codes of its specification ("Error Codes"). <c>UNKNOWN</c>,
/// <c>UNAVAILABLE</c> and <c>PAGINATION_NUMBER_INVALID</c> are those of CNCF Distribution.
/// </summary>
internal static class OciErrorTable
{
    private const string BlobUnknown = "BLOB_UNKNOWN";
    private const string BlobUploadInvalid = "BLOB_UPLOAD_INVALID";
    private const string BlobUploadUnknown = "BLOB_UPLOAD_UNKNOWN";
    private const string DigestInvalid = "DIGEST_INVALID";
    private const string ManifestBlobUnknown = "MANIFEST_BLOB_UNKNOWN";
    private const string ManifestInvalid = "MANIFEST_INVALID";
    private const string ManifestUnknown = "MANIFEST_UNKNOWN";
    private const string NameInvalid = "NAME_INVALID";
    private const string NameUnknown = "NAME_UNKNOWN";
    private const string PageSizeInvalid = "PAGINATION_NUMBER_INVALID";
    private const string SizeInvalid = "SIZE_INVALID";
    private const string Unauthorized = "UNAUTHORIZED";
    private const string Denied = "DENIED";
    private const string Unsupported = "UNSUPPORTED";
    private const string TooManyRequests = "TOOMANYREQUESTS";
    private const string Unavailable = "UNAVAILABLE";
    private const string Unknown = "UNKNOWN";

    /// <summary>The table. The messages for a status are those of the other protocols.</summary>
    public static ErrorTable Instance { get; } = new(
        Enum.GetValues<ErrorCode>().ToFrozenDictionary(static code => code, EntryOf),
        ErrorTable.Default.Statuses.ToFrozenDictionary(
            static entry => entry.Key, static entry => (CodeOf(entry.Key), entry.Value.Message)));

    private static (int Status, string Code) EntryOf(ErrorCode code) => code switch
    {
        ErrorCode.InvalidUsage => (StatusCodes.Status400BadRequest, Unsupported),
        ErrorCode.InvalidName => (StatusCodes.Status400BadRequest, NameInvalid),
        ErrorCode.InvalidPageSize => (StatusCodes.Status400BadRequest, PageSizeInvalid),
        ErrorCode.InvalidSize => (StatusCodes.Status400BadRequest, SizeInvalid),
        ErrorCode.InvalidParameters => (StatusCodes.Status400BadRequest, ManifestInvalid),
        ErrorCode.InvalidRelease => (StatusCodes.Status400BadRequest, ManifestInvalid),
        ErrorCode.InvalidManifest => (StatusCodes.Status400BadRequest, ManifestInvalid),
        ErrorCode.InvalidDigest => (StatusCodes.Status400BadRequest, DigestInvalid),
        ErrorCode.UnknownReference => (StatusCodes.Status400BadRequest, ManifestBlobUnknown),
        ErrorCode.Unauthorized => (StatusCodes.Status401Unauthorized, Unauthorized),
        ErrorCode.Forbidden => (StatusCodes.Status403Forbidden, Denied),
        ErrorCode.PackageNotFound => (StatusCodes.Status404NotFound, NameUnknown),
        ErrorCode.ReleaseNotFound => (StatusCodes.Status404NotFound, ManifestUnknown),
        ErrorCode.ChannelNotFound => (StatusCodes.Status404NotFound, ManifestUnknown),
        ErrorCode.ManifestNotFound => (StatusCodes.Status404NotFound, ManifestUnknown),
        ErrorCode.BlobNotFound => (StatusCodes.Status404NotFound, BlobUnknown),
        ErrorCode.TokenNotFound => (StatusCodes.Status404NotFound, NameUnknown),
        ErrorCode.ArchiveNotFound => (StatusCodes.Status404NotFound, BlobUnknown),
        ErrorCode.UploadNotFound => (StatusCodes.Status404NotFound, BlobUploadUnknown),
        ErrorCode.BlobInUse => (StatusCodes.Status405MethodNotAllowed, Unsupported),
        ErrorCode.PackageExists => (StatusCodes.Status409Conflict, Denied),
        ErrorCode.Conflict => (StatusCodes.Status409Conflict, Denied),
        ErrorCode.IndexFull => (StatusCodes.Status413PayloadTooLarge, Denied),
        ErrorCode.RequestTooLarge => (StatusCodes.Status413PayloadTooLarge, SizeInvalid),
        ErrorCode.UriTooLong => (StatusCodes.Status414UriTooLong, Unsupported),
        ErrorCode.UploadOutOfOrder => (StatusCodes.Status416RangeNotSatisfiable, BlobUploadInvalid),
        ErrorCode.TooManyUploads => (StatusCodes.Status429TooManyRequests, TooManyRequests),
        ErrorCode.ResourceInUse => (StatusCodes.Status429TooManyRequests, TooManyRequests),
        ErrorCode.Unavailable => (StatusCodes.Status503ServiceUnavailable, Unavailable),
        _ => throw new ArgumentOutOfRangeException(nameof(code), code, "The error has no entry."),
    };

    private static string CodeOf(int status) => status switch
    {
        StatusCodes.Status401Unauthorized => Unauthorized,
        StatusCodes.Status403Forbidden => Denied,
        StatusCodes.Status404NotFound => NameUnknown,
        StatusCodes.Status408RequestTimeout => BlobUploadInvalid,
        StatusCodes.Status413PayloadTooLarge or StatusCodes.Status416RangeNotSatisfiable => SizeInvalid,
        StatusCodes.Status500InternalServerError => Unknown,
        > StatusCodes.Status500InternalServerError => Unavailable,
        _ => Unsupported,
    };
}
