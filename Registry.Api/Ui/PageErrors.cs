using Registry.Core.Errors;
using Registry.Core.Packages;

namespace Registry.Api.Ui;

/// <summary>The errors of pages for things that do not exist.</summary>
internal static class PageErrors
{
    /// <param name="package">The package, as it was requested.</param>
    public static RegistryException PackageNotFound(string package) =>
        new(ErrorCode.PackageNotFound, $"There is no package '{package}'.", ("package", package));

    /// <param name="package">The package.</param>
    /// <param name="release">The release, as it was requested.</param>
    public static RegistryException ReleaseNotFound(PackageName package, string release) =>
        new(ErrorCode.ReleaseNotFound, $"The package {package} has no release '{release}'.");

    /// <param name="package">The package.</param>
    /// <param name="tag">The tag, as it was requested.</param>
    public static RegistryException TagNotFound(PackageName package, string tag) =>
        new(ErrorCode.ManifestNotFound, $"The package {package} has no image or artifact with the tag '{tag}'.");
}
