using Registry.Core.Content;
using Registry.Core.Documents;
using Registry.Core.Errors;
using Registry.Core.Storage;

namespace Registry.Core.Packages;

/// <summary>
/// Unpacks the content of releases for display. Only a few are unpacked at the same time, and recent results stay in
/// memory.
/// </summary>
/// <param name="packages">Opens the content.</param>
public sealed class PackageFiles(PackageRegistry packages) : IDisposable
{
    /// <summary>The memory of the cache, in bytes.</summary>
    private const long CacheBytes = 16 << 20;

    /// <summary>The maximum number of archives that are unpacked at the same time.</summary>
    private const int MaxConcurrent = 2;

    private readonly SecondChanceCache<Digest, ArchiveFiles> cache = new(CacheBytes);
    private readonly SemaphoreSlim room = new(MaxConcurrent);

    /// <summary>
    /// Reads the files of a release. They may take 10 MiB, so the caller selects what it keeps: all of them are only in
    /// the cache, and in the few calls that unpack.
    /// </summary>
    /// <param name="package">The package.</param>
    /// <param name="manifest">The release, from a read that began after the request.</param>
    /// <param name="select">Returns what the caller needs of the files.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="RegistryException">
    /// <see cref="ErrorCode.PackageNotFound"/>: the release was deleted or replaced after the manifest was read.
    /// </exception>
    /// <exception cref="StorageException">The storage failed, or has lost the content.</exception>
    public async ValueTask<T> ReadAsync<T>(
        PackageName package, Manifest manifest, Func<ArchiveFiles, T> select, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        ArgumentNullException.ThrowIfNull(select);
        var digest = manifest.Content.StoredDigest;
        if (cache.Find(digest) is { } known)
            return select(known);
        await room.WaitAsync(cancellationToken);
        try
        {
            if (cache.Find(digest) is { } meanwhile)
                return select(meanwhile);
            var files = await UnpackAsync(package, manifest, cancellationToken);
            cache.Set(digest, files, files.Bytes);
            return select(files);
        }
        finally
        {
            room.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => room.Dispose();

    private async Task<ArchiveFiles> UnpackAsync(
        PackageName package, Manifest manifest, CancellationToken cancellationToken)
    {
        var length = Math.Min(manifest.Content.Size, ArchiveUnpacker.MaxPackedBytes);
        await using var reader = await packages.OpenAsync(
            package, manifest, new ByteRange(0, length), cancellationToken);
        return await ArchiveUnpacker.UnpackAsync(
            reader.Content, isWhole: length == manifest.Content.Size, cancellationToken);
    }
}
