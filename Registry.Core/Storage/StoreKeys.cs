using Registry.Core.Packages;

namespace Registry.Core.Storage;

/// <summary>
/// Every key that the registry stores under, in one place.
/// </summary>
/// <remarks>
/// <code>
/// documents   packages/&lt;namespace&gt;/&lt;name&gt;         PackageIndex: releases → manifests, channels, created_at
///             probe/&lt;random&gt;                    written, read and deleted at start
/// blobs       packages/&lt;namespace&gt;/&lt;name&gt;         sha256 of the stored bytes (the .tar.gz as it was pushed)
///             archives/&lt;workspace …&gt;            sha256 of the app archive
/// </code>
/// App archives need no document: the blob is the truth, and its digest is the archive's id.
/// </remarks>
public static class StoreKeys
{
    /// <summary>Above every package.</summary>
    public static StoreKey Packages { get; } = StoreKey.Of("packages");

    /// <summary>Above every workspace.</summary>
    public static StoreKey Archives { get; } = StoreKey.Of("archives");

    /// <summary>Above the documents of the start-up probe.</summary>
    public static StoreKey Probe { get; } = StoreKey.Of("probe");

    /// <summary>A package's index, and the scope of its blobs.</summary>
    public static StoreKey Package(PackageName package) => StoreKey.Of("packages", package.Namespace, package.Name);

    /// <summary>Reads <see cref="Package"/> back; false when the key is not a package's.</summary>
    public static bool TryGetPackage(StoreKey key, out PackageName package)
    {
        package = default;

        // As most keys are: what needed no escape is the name as it stands.
        if (!key.Value.Contains(StoreKey.Escape))
            return key.IsBelow(Packages) && PackageName.TryParse(key.Value[(Packages.Value.Length + 1)..], out package);
        return key.Segments() is ["packages", var @namespace, var name] && PackageName.TryCreate(@namespace, name, out package);
    }
}
