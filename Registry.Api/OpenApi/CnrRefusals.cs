using Registry.Api.Cnr;
using Registry.Core.Errors;
using Registry.Core.Packages;

namespace Registry.Api.OpenApi;

/// <summary>One example of everything that CNR refuses, in the words of whoever refuses it.</summary>
internal static class CnrRefusals
{
    private const string OtherRelease = "9.9.9";
    private const string NoQuery = "latest";

    public static RegistryException UnknownPackage { get; } = PackageErrors.PackageNotFound(Samples.FullName);

    public static RegistryException UnknownRelease { get; } = PackageErrors.PackageNotFound(Samples.FullName, OtherRelease);

    public static RegistryException UnknownMediaType { get; } = PackageErrors.PackageNotFound(Samples.FullName, Samples.Release, "kpm");

    public static RegistryException UnknownManifest { get; } = PackageErrors.PackageNotFound(Samples.FullName, OtherRelease, Samples.MediaType);

    public static RegistryException UnknownBlob { get; } = PackageErrors.PackageNotFound(Samples.FullName, new string('0', Samples.Digest.Length));

    public static RegistryException NoMatch { get; } = PackageErrors.NoReleaseMatches(Samples.Package, OtherRelease);

    public static RegistryException NoSuchRelease { get; } = PackageErrors.ReleaseNotFound(Samples.Package, OtherRelease);

    public static RegistryException BadQuery { get; } = RefusalOf(() => PackageQueries.ParseQuery(NoQuery));

    public static RegistryException SeveralMediaTypes { get; } = new(ErrorCode.InvalidUsage, "media-type non specified: [helm,kpm]");

    public static RegistryException UnknownChannel { get; } = PackageErrors.ChannelNotFound(Samples.Package, Samples.ChannelName);

    public static RegistryException BadChannel { get; } = CnrErrors.NoChannelName("-beta");

    public static RegistryException BadName { get; } = CnrErrors.NoPackageName(Samples.Namespace, "-" + Samples.Name);

    public static RegistryException MissingField { get; } = new(ErrorCode.InvalidUsage, "The field 'release' is missing.", ("field", "release"));

    public static RegistryException BadRelease { get; } =
        CnrErrors.NoRelease(NoQuery, Release.TryParse(NoQuery, out _, out var reason) ? throw new FormatException(NoQuery) : reason);

    public static RegistryException BadMediaType { get; } = CnrErrors.NoMediaType("Helm");

    public static RegistryException BadBlob { get; } = new(ErrorCode.InvalidParameters, "The blob is not a gzip.", ("field", "blob"));

    public static RegistryException Exists { get; } = PackageErrors.PackageExists(Samples.Package, Samples.Manifest.Release, Samples.Helm);

    public static RegistryException InUse { get; } = PackageErrors.ResourceInUse(Samples.Package);

    public static RegistryException Unknown { get; } = PackageErrors.OutcomeUnknown(Samples.Package);

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
