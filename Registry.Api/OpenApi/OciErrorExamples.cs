using Registry.Api.Oci;
using Registry.Core.Artifacts;
using Registry.Core.Errors;
using Registry.Core.Packages;
using Registry.Core.Repositories;
using Registry.Core.Storage;

namespace Registry.Api.OpenApi;

/// <summary>An example of every error of the OCI distribution API, created by the code that throws it.</summary>
internal static class OciErrorExamples
{
    private const string OtherTag = "9.9.9";

    /// <summary>The most uploads, and the largest blob, by default.</summary>
    private static readonly RepositoryOptions Limits = new();

    private static readonly Digest Other = Digest.Parse(new string('0', Sample.ChartDigest.Length));

    public static RegistryException InvalidName { get; } = OciErrors.InvalidName($"{Sample.Namespace}/-{Sample.Name}");

    public static RegistryException InvalidDigest { get; } = OciErrors.InvalidDigest("sha256:1");

    public static RegistryException InvalidTag { get; } = OciErrors.InvalidTag("-beta");

    public static RegistryException TooManyTags { get; } = OciErrors.TooManyTags(RepositoryManifests.MaxTags + 1);

    public static RegistryException InvalidPageSize { get; } = OciErrors.InvalidPageSize("-1");

    public static RegistryException InvalidManifest { get; } =
        ArtifactErrors.InvalidManifest(ReasonOf("{}"u8.ToArray()));

    public static RegistryException UnknownRepository { get; } = ArtifactErrors.RepositoryNotFound(Sample.Package);

    public static RegistryException UnknownManifest { get; } =
        ArtifactErrors.ManifestNotFound(Sample.Package, OtherTag);

    public static RegistryException UnknownReference { get; } = ArtifactErrors.UnknownReference(Sample.Package, Other);

    public static RegistryException UnknownBlob { get; } = RepositoryErrors.BlobNotFound(Sample.Package, Other);

    public static RegistryException UnknownUpload { get; } = RepositoryErrors.UploadNotFound(Sample.Package);

    public static RegistryException OtherDigest { get; } =
        RepositoryErrors.OtherDigest(Sample.Package, Digest.Of("hello"u8), Other);

    public static RegistryException Immutable { get; } =
        ArtifactErrors.ReleaseIsImmutable(Sample.Package, Sample.Manifest, Other);

    public static RegistryException ReservedTag { get; } = ArtifactErrors.TagIsReserved(
        Sample.Package,
        TagName.TryParse($"{Sample.Release}__{Sample.MediaType}", out var tag) ? tag : throw new FormatException());

    public static RegistryException ManifestTooLarge { get; } = OciErrors.ManifestTooLarge(Sample.Package);

    public static RegistryException BlobTooLarge { get; } =
        RepositoryErrors.BlobTooLarge(Sample.Package, Limits.MaxBlobBytes);

    public static RegistryException BlobInUse { get; } =
        RepositoryErrors.BlobInUse(Sample.Package, Digest.Parse(Sample.ChartDigest));

    public static RegistryException TooManyUploads { get; } = RepositoryErrors.TooManyUploads(Limits.MaxUploads);

    public static RegistryException InvalidContentRange { get; } = OciErrors.InvalidContentRange("bytes 0-4/5");

    public static RegistryException OtherLength { get; } = OciErrors.OtherLength(new ContentRange(0, 9));

    public static RegistryException OutOfOrder { get; } = RepositoryErrors.OutOfOrder(Sample.Package, 0, 5);

    public static RegistryException InUse { get; } = PackageErrors.ResourceInUse(Sample.Package);

    public static RegistryException OutcomeUnknown { get; } = PackageErrors.OutcomeUnknown(Sample.Package);

    private static string ReasonOf(byte[] manifest)
    {
        try
        {
            throw new InvalidOperationException(
                $"{ManifestReader.Read(manifest, OciMediaTypes.Manifest)} was not rejected.");
        }
        catch (ManifestFormatException exception)
        {
            return exception.Message;
        }
    }
}
