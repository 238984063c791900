using Registry.Core.Charts;
using Registry.Core.Errors;
using Registry.Core.Packages;
using Registry.Core.Storage;
using Registry.Core.Versions;

namespace Registry.Core.Repositories;

/// <summary>The errors of charts.</summary>
internal static class ChartErrors
{
    /// <param name="what">What does not exist, as it was requested.</param>
    public static RegistryException NotFound(string what) => new(
        ErrorCode.PackageNotFound, $"{what} does not exist", ("name", what));

    public static RegistryException NotFound(PackageName package, Release release) =>
        NotFound($"Chart {package} {release}");

    public static RegistryException Invalid(string reason) => new(ErrorCode.InvalidParameters, reason);

    public static RegistryException InvalidName(string @namespace, string name) => new(
        ErrorCode.InvalidName,
        $"The chart cannot be named {ChartText.Quote(name)} in the namespace '{@namespace}': expected 1 to 80 letters, "
            + "digits or . _ -, not beginning with . or -",
        ("namespace", @namespace), ("name", name));

    public static RegistryException TooLarge(long maxBytes) => new(
        ErrorCode.RequestTooLarge,
        $"The chart is larger than {maxBytes} bytes, the limit of this registry (LIMITS__PACKAGEBYTES)",
        ("limit", maxBytes));

    public static RegistryException ProvenanceTooLarge() => new(
        ErrorCode.RequestTooLarge,
        $"The provenance file is larger than {Provenance.MaxBytes} bytes",
        ("limit", Provenance.MaxBytes));

    public static RegistryException Exists(PackageName package, Release release) => new(
        ErrorCode.PackageExists,
        $"Chart {package} {release} exists already: push another version, or replace it with ?force",
        ("name", package.Value), ("version", release.Value));

    public static RegistryException ProvenanceExists(PackageName package, Release release) => new(
        ErrorCode.PackageExists,
        $"Chart {package} {release} has another provenance file already: replace it with ?force",
        ("name", package.Value), ("version", release.Value));

    /// <param name="package">The package.</param>
    /// <param name="release">The release.</param>
    /// <param name="archive">The digest of the archive that clients get.</param>
    public static RegistryException OtherArchive(PackageName package, Release release, Digest archive) => Invalid(
        $"The provenance file names no file with sha256:{archive}, the digest of the archive of {package} {release}");

    public static RegistryException OtherChart(ChartMetadata named, ChartMetadata pushed) => Invalid(
        $"The provenance file is that of {ChartText.Quote(named.Name)} {named.Version}, and the chart is "
            + $"{ChartText.Quote(pushed.Name)} {pushed.Version}");

    public static RegistryException CannotBeSigned() => Invalid(
        "A chart whose Chart.yaml is not in a folder cannot have a provenance file: clients get another archive of it");
}
