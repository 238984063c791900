using NUnit.Framework;
using Registry.Api.Http.Errors;
using Registry.Api.Oci;
using Registry.Core.Errors;
using Registry.Core.Storage;

namespace Registry.Tests.Api.Oci;

public sealed class OciErrorTableTests
{
    [TestCase(ErrorCode.InvalidUsage, 400, "UNSUPPORTED")]
    [TestCase(ErrorCode.InvalidName, 400, "NAME_INVALID")]
    [TestCase(ErrorCode.InvalidPageSize, 400, "PAGINATION_NUMBER_INVALID")]
    [TestCase(ErrorCode.InvalidSize, 400, "SIZE_INVALID")]
    [TestCase(ErrorCode.InvalidManifest, 400, "MANIFEST_INVALID")]
    [TestCase(ErrorCode.InvalidDigest, 400, "DIGEST_INVALID")]
    [TestCase(ErrorCode.UnknownReference, 400, "MANIFEST_BLOB_UNKNOWN")]
    [TestCase(ErrorCode.Forbidden, 403, "DENIED")]
    [TestCase(ErrorCode.PackageNotFound, 404, "NAME_UNKNOWN")]
    [TestCase(ErrorCode.ManifestNotFound, 404, "MANIFEST_UNKNOWN")]
    [TestCase(ErrorCode.BlobNotFound, 404, "BLOB_UNKNOWN")]
    [TestCase(ErrorCode.UploadNotFound, 404, "BLOB_UPLOAD_UNKNOWN")]
    [TestCase(ErrorCode.BlobInUse, 405, "UNSUPPORTED")]
    [TestCase(ErrorCode.PackageExists, 409, "DENIED")]
    [TestCase(ErrorCode.Conflict, 409, "DENIED")]
    [TestCase(ErrorCode.IndexFull, 413, "DENIED")]
    [TestCase(ErrorCode.RequestTooLarge, 413, "SIZE_INVALID")]
    [TestCase(ErrorCode.UriTooLong, 414, "UNSUPPORTED")]
    [TestCase(ErrorCode.UploadOutOfOrder, 416, "BLOB_UPLOAD_INVALID")]
    [TestCase(ErrorCode.TooManyUploads, 429, "TOOMANYREQUESTS")]
    [TestCase(ErrorCode.ResourceInUse, 429, "TOOMANYREQUESTS")]
    [TestCase(ErrorCode.Unavailable, 503, "UNAVAILABLE")]
    public void An_error_has_the_status_and_the_code_of_OCI(ErrorCode error, int status, string code)
    {
        var entry = OciErrorTable.Instance.Of(new RegistryException(error, "No."));
        Assert.That((entry.Status, entry.Code, entry.Message), Is.EqualTo((status, code, "No.")));
        Assert.That(
            entry.Headers.Select(static header => header.Name),
            Is.EqualTo(status is 429 or 503 ? new[] { "Retry-After" } : []));
    }

    [Test]
    public void Codes_have_upper_case_letters_and_underscores_only()
    {
        var codes = OciErrorTable.Instance.Refusals.Values.Select(static entry => entry.Code)
            .Concat(OciErrorTable.Instance.Statuses.Values.Select(static entry => entry.Code));
        Assert.That(codes, Is.All.Match("^[A-Z_]+$"));
    }

    [TestCase(StorageFault.Full, 507)]
    [TestCase(StorageFault.Unavailable, 503)]
    [TestCase(StorageFault.Corrupt, 503)]
    public void A_fault_of_the_storage_is_not_the_fault_of_the_client(StorageFault kind, int status)
    {
        var entry = OciErrorTable.Instance.Of(new StorageException(kind, "secret"));
        Assert.That((entry.Status, entry.Code), Is.EqualTo((status, "UNAVAILABLE")));
    }

    [Test]
    public void The_reason_phrase_is_the_message_in_printable_ASCII()
    {
        var protocol = new OciProtocol();
        Assert.That(
            protocol.ReasonOf(new ErrorResponse(409, "DENIED", "Release \r\nÄ: no")), Is.EqualTo("Release ???: no"));
        Assert.That(
            protocol.ReasonOf(new ErrorResponse(400, "DENIED", new string('x', 5000))), Has.Length.EqualTo(400));
        Assert.That(protocol.ReasonOf(new ErrorResponse(503, "UNAVAILABLE", "Try again.")), Is.Null);
    }
}
