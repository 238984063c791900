namespace Registry.Core.Packages;

/// <summary>
/// Packages as they were at one revision each, within a bound of memory. What is kept here is true for ever, as a revision has one content; whether
/// the revision is still the newest is for storage to say, at each use.
/// </summary>
/// <param name="maxBytes">The bound, in bytes as estimated.</param>
internal sealed class IndexCache(long maxBytes)
{
    /// <summary>
    /// Of one manifest: its object, descriptor, two digests of 64 characters, push id, release and media type, and its places in the index (by release, and by digest). Reckoned for
    /// 64 bits.
    /// </summary>
    private const int ManifestBytes = 700;

    /// <summary>Of the metadata of one manifest, without the JSON.</summary>
    private const int MetadataBytes = 96;

    /// <summary>Of one index without its manifests: the objects, the names, and this cache's own.</summary>
    private const int IndexBytes = 600;

    /// <summary>Of one release in one channel.</summary>
    private const int ChannelReleaseBytes = 16;

    private readonly SecondChanceCache<PackageName, PackageSnapshot> kept = new(maxBytes);

    /// <summary>What is held now, in bytes as estimated.</summary>
    public long HeldBytes => kept.HeldBytes;

    /// <summary>The package as it was kept last; null when it is not kept.</summary>
    public PackageSnapshot? Find(PackageName name) => kept.Find(name);

    /// <summary>Keeps a package in the place of what was kept of it.</summary>
    public void Keep(PackageSnapshot snapshot) => kept.Keep(snapshot.Index.Name, snapshot, BytesOf(snapshot.Index));

    /// <summary>Forgets a package: it is gone.</summary>
    public void Forget(PackageName name) => kept.Forget(name);

    private static long BytesOf(PackageIndex index)
    {
        var bytes = (long)IndexBytes;
        PackedJson? packed = null;
        foreach (var manifest in index.Manifests)
        {
            bytes += ManifestBytes;
            if (manifest.Metadata is not { } metadata)
                continue;
            bytes += MetadataBytes + metadata.Own.Length;
            packed ??= metadata.Packed;
        }

        // An index has been read from one stored form: all metadata that are compressed lie in it.
        bytes += packed?.Length ?? 0;
        foreach (var channel in index.Channels)
            bytes += IndexBytes + (channel.Releases.Length * ChannelReleaseBytes);
        return bytes;
    }
}
