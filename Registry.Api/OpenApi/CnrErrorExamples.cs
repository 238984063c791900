using Registry.Api.Access;
using Registry.Api.Cnr;
using Registry.Core.Errors;
using Registry.Core.Packages;
using Registry.Core.Versions;

namespace Registry.Api.OpenApi;

/// <summary>An example of every error of CNR, created by the code that throws it.</summary>
internal static class CnrErrorExamples
{
    private const string OtherRelease = "9.9.9";
    private const string InvalidQueryText = "latest";

    public static RegistryException UnknownPackage { get; } = PackageErrors.PackageNotFound(Sample.FullName);

    public static RegistryException UnknownRelease { get; } =
        PackageErrors.PackageNotFound(Sample.FullName, OtherRelease);

    public static RegistryException UnknownMediaType { get; } =
        PackageErrors.PackageNotFound(Sample.FullName, Sample.Release, "kpm");

    public static RegistryException UnknownManifest { get; } =
        PackageErrors.PackageNotFound(Sample.FullName, OtherRelease, Sample.MediaType);

    public static RegistryException UnknownBlob { get; } =
        PackageErrors.PackageNotFound(Sample.FullName, new string('0', Sample.Digest.Length));

    public static RegistryException NoMatch { get; } = PackageErrors.NoReleaseMatches(Sample.Package, OtherRelease);

    public static RegistryException NoSuchRelease { get; } =
        PackageErrors.ReleaseNotFound(Sample.Package, OtherRelease);

    public static RegistryException InvalidQuery { get; } =
        RefusalOf(() => PackageQueries.ParseQuery(InvalidQueryText));

    public static RegistryException SeveralMediaTypes { get; } =
        CnrErrors.SeveralMediaTypes("helm", "kpm");

    public static RegistryException UnknownChannel { get; } =
        PackageErrors.ChannelNotFound(Sample.Package, Sample.ChannelName);

    public static RegistryException InvalidChannel { get; } = CnrErrors.InvalidChannelName("-beta");

    public static RegistryException InvalidLimit { get; } = CnrErrors.InvalidLimit("0");

    public static RegistryException InvalidName { get; } =
        CnrErrors.InvalidPackageName(Sample.Namespace, "-" + Sample.Name);

    public static RegistryException MissingField { get; } =
        new(ErrorCode.InvalidUsage, "The field 'release' is missing.", ("field", "release"));

    public static RegistryException InvalidRelease { get; } =
        CnrErrors.NoRelease(
            InvalidQueryText,
            Release.TryParse(InvalidQueryText, out _, out var reason)
                ? throw new FormatException(InvalidQueryText)
                : reason);

    public static RegistryException InvalidMediaType { get; } = CnrErrors.InvalidMediaType("Helm");

    public static RegistryException InvalidBlob { get; } =
        new(ErrorCode.InvalidParameters, "The archive is not a gzip file.", ("field", "blob"));

    public static RegistryException Exists { get; } =
        PackageErrors.PackageExists(Sample.Package, Sample.Manifest.Release, Sample.Helm);

    public static RegistryException MissingPassword { get; } = LoginController.MissingPassword;

    public static RegistryException WrongPassword { get; } =
        new(ErrorCode.Unauthorized, CredentialVerifiers.Unknown.Problem!);

    public static RegistryException InUse { get; } = PackageErrors.ResourceInUse(Sample.Package);

    public static RegistryException OutcomeUnknown { get; } = PackageErrors.OutcomeUnknown(Sample.Package);

    private static RegistryException RefusalOf<T>(Func<T> refused)
    {
        try
        {
            throw new InvalidOperationException($"{refused()} was not rejected.");
        }
        catch (RegistryException exception)
        {
            return exception;
        }
    }
}
