using Registry.Core.Packages;
using Registry.Core.Storage;

namespace Registry.Core.Maintenance;

/// <summary>Something that is wrong, for an operator: one line.</summary>
/// <param name="Subject">
/// What it is about: package, release, media type and digest as far as they matter, or the key of an archive. Holds no
/// line breaks.
/// </param>
/// <param name="What">What is wrong with it.</param>
public sealed record Finding(string Subject, string What)
{
    /// <summary>About the index of a package.</summary>
    public static Finding Of(PackageName package, string what) => new($"package {package}", what);

    /// <summary>About the content of a release.</summary>
    public static Finding Of(PackageName package, Manifest manifest, string what) =>
        new(
            $"package {package} release {manifest.Release} {manifest.MediaType} blob {manifest.Content.StoredDigest}",
            what);

    /// <summary>
    /// About an app archive, by its stored key: workspaces may hold anything, and escaped they still fit on a line.
    /// </summary>
    public static Finding OfArchive(BlobKey archive, string what) => new($"archive {archive}", what);

    /// <summary>About a document or scope that no rule of the registry gives a name to.</summary>
    public static Finding Of(StoreKey key, string what) => new($"key {key}", what);

    /// <summary>Subject and fault in one line.</summary>
    public override string ToString() => $"{Subject}: {What}";
}
