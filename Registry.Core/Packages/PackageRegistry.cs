using Registry.Core.Access;
using Registry.Core.Charts;
using Registry.Core.Content;
using Registry.Core.Documents;
using Registry.Core.Errors;
using Registry.Core.Events;
using Registry.Core.Storage;
using Registry.Core.Versions;

namespace Registry.Core.Packages;

/// <summary>The use cases of packages: push, show, pull, delete, restore.</summary>
/// <param name="indexes">The indexes of the packages.</param>
/// <param name="blobs">The storage of their content.</param>
/// <param name="limits">The size limits of a push.</param>
/// <param name="commits">Begins changes that refer to blobs.</param>
/// <param name="describer">Describes releases for OCI and Helm clients.</param>
/// <param name="contents">Opens the content of packages.</param>
/// <param name="events">Raises an event for every change.</param>
/// <param name="time">The clock.</param>
public sealed partial class PackageRegistry(
    PackageIndexes indexes,
    IBlobStore blobs,
    ContentLimits limits,
    PackageCommitFactory commits,
    ReleaseDescriber describer,
    PackageContents contents,
    RegistryEvents events,
    TimeProvider time)
{
    /// <summary>The maximum size of a package as it is stored, in bytes.</summary>
    public long MaxPackageBytes => limits.MaxPackageBytes;

    /// <summary>The maximum size of the metadata of a release, in bytes of JSON.</summary>
    public int MaxMetadataBytes => limits.MaxMetadataBytes;

    /// <summary>Begins a push. The caller disposes it, which discards the content unless it was completed.</summary>
    /// <param name="package">The package; its first push creates it.</param>
    /// <param name="caller">Who pushes.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="StorageException">The storage failed.</exception>
    public async ValueTask<PackagePush> BeginPushAsync(
        PackageName package, Caller caller, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(caller);
        return new PackagePush(
            this,
            package,
            caller,
            await PackageUpload.BeginAsync(blobs, package.Key, limits, ChartReader.File, cancellationToken));
    }

    /// <summary>Reads a package that has a release.</summary>
    /// <exception cref="RegistryException"><see cref="ErrorCode.PackageNotFound"/>.</exception>
    /// <exception cref="StorageException">The storage failed, or the index is damaged.</exception>
    public ValueTask<DocumentSnapshot<PackageIndex>> GetAsync(
        PackageName package, CancellationToken cancellationToken) =>
        GetAsync(package, release: null, mediaType: null, cancellationToken);

    /// <summary>Reads a package that has a release. The error echoes what else was requested.</summary>
    /// <param name="package">The package.</param>
    /// <param name="release">The requested release, query or digest; null for none.</param>
    /// <param name="mediaType">The requested media type; null for none.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="RegistryException"><see cref="ErrorCode.PackageNotFound"/>.</exception>
    /// <exception cref="StorageException">The storage failed, or the index is damaged.</exception>
    public async ValueTask<DocumentSnapshot<PackageIndex>> GetAsync(
        PackageName package, string? release, string? mediaType, CancellationToken cancellationToken) =>
        await indexes.FindAsync(package, cancellationToken) is { State.Manifests.IsEmpty: false } found
            ? found
            : throw PackageErrors.PackageNotFound(package.Value, release, mediaType);

    /// <summary>
    /// Returns the metadata of a manifest; null when it has none. Those of a large package are decompressed, unless
    /// they are cached.
    /// </summary>
    public RawJson? ReadMetadata(Manifest manifest) => indexes.ReadMetadata(manifest.Metadata);

    /// <summary>Returns the size of a package index in memory, in estimated bytes.</summary>
    public long SizeOf(PackageIndex index) => indexes.SizeOf(index);

    /// <summary>Opens the content of a manifest. A small content may come from the cache.</summary>
    /// <param name="package">The package.</param>
    /// <param name="manifest">The manifest, from a read that began after the request.</param>
    /// <param name="range">The requested bytes.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>A reader, which the caller disposes.</returns>
    /// <exception cref="RegistryException">
    /// <see cref="ErrorCode.PackageNotFound"/>: the release was deleted or replaced after the manifest was read.
    /// </exception>
    /// <exception cref="StorageException">
    /// <see cref="StorageFault.Corrupt"/>: the index still refers to a missing blob, or a small blob is damaged.
    /// </exception>
    public async ValueTask<BlobReader> OpenAsync(
        PackageName package, Manifest manifest, ByteRange range, CancellationToken cancellationToken)
    {
        var key = new BlobKey(package.Key, manifest.Content.StoredDigest);
        if (await contents.OpenAsync(key, manifest.Content.Size, range, cancellationToken) is { } reader)
            return reader;
        if ((await indexes.FindAsync(package, cancellationToken))?.State.References(key.Digest) == true)
            throw new StorageException(
                StorageFault.Corrupt, $"Blob {key} is missing, and the index of {package} refers to it.");
        throw PackageErrors.PackageNotFound(package.Value, manifest.Release.Value, manifest.MediaType.Value);
    }

    /// <summary>Deletes a release in one media type. Its blob is collected later.</summary>
    /// <param name="package">The package.</param>
    /// <param name="release">The exact release, as it was requested: not a query.</param>
    /// <param name="mediaType">The media type, as it was requested.</param>
    /// <param name="caller">Who deletes.</param>
    /// <param name="cancellationToken">Cancels the call; the delete then happens completely or not at all.</param>
    /// <exception cref="RegistryException">
    /// <see cref="ErrorCode.PackageNotFound"/>, also for an invalid release or media type.
    /// </exception>
    /// <exception cref="StorageException">The storage failed.</exception>
    public async Task DeleteAsync(
        PackageName package, string release, string mediaType, Caller caller, CancellationToken cancellationToken)
    {
        var notFound = PackageErrors.PackageNotFound(package.Value, release, mediaType);
        if (!Release.TryParse(release, out var exact, out _)
            || !MediaType.TryParse(mediaType, out var type)
            || type.Value != mediaType)
            throw notFound;
        await indexes.UpdateAsync(
            package,
            new DocumentChange<PackageIndex>(index => (index ?? throw notFound).Without(exact, type)),
            cancellationToken);
        events.Raise(new RegistryEvent(events.Now, caller, RegistryAction.ReleaseDeleted, package.Value)
        {
            Release = exact.Value,
            MediaType = type.Value,
        });
    }
}
