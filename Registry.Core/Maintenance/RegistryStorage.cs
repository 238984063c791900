using Registry.Core.Packages;
using Registry.Core.Storage;

namespace Registry.Core.Maintenance;

/// <summary>
/// The documents and blobs of a registry: two of the three ports of one backend. Staged uploads are not copied or
/// verified.
/// </summary>
/// <param name="Documents">The documents.</param>
/// <param name="Blobs">The blobs.</param>
public sealed record RegistryStorage(IDocumentStore Documents, IBlobStore Blobs)
{
    /// <summary>The size limits of package indexes. The defaults unless set.</summary>
    public IndexLimits IndexLimits { get; init; } = new();

    /// <summary>Reads the manifests of packages. Nothing is cached but parsed manifests.</summary>
    internal ManifestContents Manifests { get; } = ManifestsOf(Blobs);

    private static ManifestContents ManifestsOf(IBlobStore blobs)
    {
        var contents = new PackageContents(blobs, new ContentCacheOptions { MaxBytes = 0 });
        return new ManifestContents(contents, new DerivedReleases(contents));
    }
}
