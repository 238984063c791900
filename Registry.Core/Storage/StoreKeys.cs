
namespace Registry.Core.Storage;

/// <summary>
/// Every key that the registry stores under, in one place.
/// </summary>
/// <remarks>
/// <code>
/// documents   packages/&lt;namespace&gt;/&lt;name&gt;         PackageIndex: releases → manifests, channels, created_at
///             probe/&lt;random&gt;                    written, read and deleted at start
/// blobs packages/&lt;namespace&gt;/&lt;name&gt; sha256 of the stored bytes (the .tar.gz as it was pushed)
/// archives/&lt;workspace …&gt; sha256 of the app archive
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

    /// <summary>The index of a package, and the scope of its blobs.</summary>
    /// <param name="namespace">The namespace of the package.</param>
    /// <param name="name">Its name in the namespace.</param>
    public static StoreKey Package(string @namespace, string name) => StoreKey.Of(Packages.Value, @namespace, name);
}
