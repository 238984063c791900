using Registry.Core.Errors;
using Registry.Core.Packages;
using Registry.Core.Storage;

namespace Registry.Core.Repositories;

/// <summary>The errors of blobs and uploads.</summary>
internal static class RepositoryErrors
{
    public static RegistryException BlobNotFound(PackageName package, Digest digest) => new(
        ErrorCode.BlobNotFound,
        $"{package} has no blob sha256:{digest}",
        ("name", package.Value), ("digest", $"sha256:{digest}"));

    public static RegistryException BlobInUse(PackageName package, Digest digest) => new(
        ErrorCode.BlobInUse,
        $"The blob sha256:{digest} of {package} is in use: delete the manifests that refer to it",
        ("name", package.Value), ("digest", $"sha256:{digest}"));

    public static RegistryException BlobTooLarge(PackageName package, long maxBytes) => new(
        ErrorCode.RequestTooLarge,
        $"The blob is larger than {maxBytes} bytes, the limit of this registry (LIMITS__BLOBBYTES)",
        ("name", package.Value), ("limit", maxBytes));

    public static RegistryException OtherDigest(PackageName package, Digest found, Digest expected) => new(
        ErrorCode.InvalidDigest,
        $"The bytes have the digest sha256:{found}, not sha256:{expected}",
        ("name", package.Value), ("digest", $"sha256:{expected}"), ("found", $"sha256:{found}"));

    public static RegistryException UploadNotFound(PackageName package) => new(
        ErrorCode.UploadNotFound,
        $"{package} has no such upload: it was completed, cancelled, or idle for too long",
        ("name", package.Value));

    /// <param name="package">The package.</param>
    /// <param name="length">The number of bytes that are staged.</param>
    /// <param name="offset">Where the bytes of the request begin.</param>
    public static RegistryException OutOfOrder(PackageName package, long length, long offset) => new(
        ErrorCode.UploadOutOfOrder,
        $"The upload has {length} bytes, and the request continues it at byte {offset}",
        ("name", package.Value), ("length", length), ("offset", offset));

    public static RegistryException UploadChanged(PackageName package) => new(
        ErrorCode.UploadOutOfOrder,
        "Another request has changed the upload: read its length and continue from there",
        ("name", package.Value));

    public static RegistryException TooManyUploads(int limit) => new(
        ErrorCode.TooManyUploads,
        $"{limit} uploads are in progress, the limit of this registry (LIMITS__UPLOADS): try again later",
        ("limit", limit));

    /// <param name="own">The uploads of the caller.</param>
    /// <param name="limit">The limit for all callers.</param>
    public static RegistryException TooManyUploadsOfCaller(int own, int limit) => new(
        ErrorCode.TooManyUploads,
        $"{own} uploads of this caller are in progress, at least as many as are free of the {limit} that this registry "
            + "allows (LIMITS__UPLOADS): complete or cancel some, or try again later",
        ("limit", limit));
}
