using Registry.Api.Cnr;
using Registry.Core.Errors;
using Registry.Core.Packages;
using Registry.Core.Versions;

namespace Registry.Api.OpenApi;

/// <summary>One example of everything that CNR refuses, in the words of whoever refuses it.</summary>
internal static class CnrRefusals
{
    private const string OtherRelease = "9.9.9";
    private const string NoQuery = "latest";

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

    public static RegistryException BadQuery { get; } = RefusalOf(() => PackageQueries.ParseQuery(NoQuery));

    public static RegistryException SeveralMediaTypes { get; } =
        new(ErrorCode.InvalidUsage, "media-type non specified: [helm,kpm]");

    public static RegistryException UnknownChannel { get; } =
        PackageErrors.ChannelNotFound(Sample.Package, Sample.ChannelName);

    public static RegistryException BadChannel { get; } = CnrErrors.NoChannelName("-beta");

    public static RegistryException BadLimit { get; } = CnrErrors.NoLimit("0");

    public static RegistryException BadName { get; } = CnrErrors.NoPackageName(Sample.Namespace, "-" + Sample.Name);

    public static RegistryException MissingField { get; } =
        new(ErrorCode.InvalidUsage, "The field 'release' is missing.", ("field", "release"));

    public static RegistryException BadRelease { get; } =
        CnrErrors.NoRelease(
            NoQuery, Release.TryParse(NoQuery, out _, out var reason) ? throw new FormatException(NoQuery) : reason);

    public static RegistryException BadMediaType { get; } = CnrErrors.NoMediaType("Helm");

    public static RegistryException BadBlob { get; } =
        new(ErrorCode.InvalidParameters, "The blob is not a gzip.", ("field", "blob"));

    public static RegistryException Exists { get; } =
        PackageErrors.PackageExists(Sample.Package, Sample.Manifest.Release, Sample.Helm);

    public static RegistryException InUse { get; } = PackageErrors.ResourceInUse(Sample.Package);

    public static RegistryException Unknown { get; } = PackageErrors.OutcomeUnknown(Sample.Package);

    private static RegistryException RefusalOf<T>(Func<T> refused)
    {
        try
        {
            throw new InvalidOperationException($"{refused()} is not refused.");
        }
        catch (RegistryException refusal)
        {
            return refusal;
        }
    }
}
