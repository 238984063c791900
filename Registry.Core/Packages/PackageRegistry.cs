using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Registry.Core.Content;
using Registry.Core.Documents;
using Registry.Core.Errors;
using Registry.Core.Storage;
using Registry.Core.Versions;

namespace Registry.Core.Packages;

/// <summary>The use cases of packages: push, show, pull, delete.</summary>
/// <param name="indexes">The indexes of the packages.</param>
/// <param name="blobs">Where their contents are stored.</param>
/// <param name="collection">When a blob is collected that nobody refers to.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Told of every change.</param>
/// <param name="cache">How much of small contents is kept; null for the defaults.</param>
public sealed partial class PackageRegistry(
    PackageIndexes indexes,
    IBlobStore blobs,
    CollectionOptions collection,
    TimeProvider time,
    ILogger<PackageRegistry> logger,
    ContentCacheOptions? cache = null)
{
    /// <summary>Enough that no two pushes of one release share it; more would only make every index longer.</summary>
    private const int PushIdBytes = 9;

    private readonly PackageContents contents = new(blobs, cache ?? new ContentCacheOptions());

    /// <summary>
    /// Pushes a release. The content goes in before the index that names it: a crash between leaves a blob that nobody
    /// refers to.
    /// </summary>
    /// <param name="package">The package; it comes into being with its first push.</param>
    /// <param name="release">The release.</param>
    /// <param name="mediaType">In which media type.</param>
    /// <param name="upload">
    /// The content, begun under the scope of this package. The caller disposes it; what is not committed then is
    /// discarded.
    /// </param>
    /// <param name="options">Force and metadata.</param>
    /// <param name="cancellationToken">Gives up; the push then happened whole or not at all.</param>
    /// <exception cref="RegistryException">
    /// The content is refused; <see cref="ErrorCode.PackageExists"/>; <see cref="ErrorCode.ResourceInUse"/>;
    /// <see cref="ErrorCode.Unavailable"/>.
    /// </exception>
    /// <exception cref="StorageException">The storage failed.</exception>
    public async Task<Manifest> PushAsync(
        PackageName package,
        Release release,
        MediaType mediaType,
        PackageUpload upload,
        PushOptions options,
        CancellationToken cancellationToken)
    {
        var content = await upload.CompleteAsync(cancellationToken);

        // Asked before the commit too, so that a push that is refused leaves nothing behind. The index decides again
        // below.
        if (!options.Force
            && (await indexes.FindAsync(package, cancellationToken))?.State.Find(release, mediaType) is not null)
        {
            await indexes.EnsureDurableAsync(package, cancellationToken);
            throw PackageErrors.PackageExists(package, release, mediaType);
        }

        var manifest = NewManifest(release, mediaType, content, Microseconds.Floor(time.GetUtcNow()), options.Metadata);
        await StoreAsync(
            package,
            manifest,
            upload,
            index => PackageIndex.With(index, package, manifest, options.Force),
            cancellationToken);
        LogPushed(package, release, mediaType, content.TarDigest, content.Size, options.Force);
        return manifest;
    }

    /// <summary>Reads a package.</summary>
    /// <exception cref="RegistryException"><see cref="ErrorCode.PackageNotFound"/>.</exception>
    /// <exception cref="StorageException">The storage failed, or the index is damaged.</exception>
    public ValueTask<DocumentSnapshot<PackageIndex>> GetAsync(
        PackageName package, CancellationToken cancellationToken) =>
        GetAsync(package, release: null, mediaType: null, cancellationToken);

    /// <summary>Reads a package. The error echoes what else was requested.</summary>
    /// <param name="package">The package.</param>
    /// <param name="release">The requested release, query or digest; null for none.</param>
    /// <param name="mediaType">The requested media type; null for none.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="RegistryException"><see cref="ErrorCode.PackageNotFound"/>.</exception>
    /// <exception cref="StorageException">The storage failed, or the index is damaged.</exception>
    public async ValueTask<DocumentSnapshot<PackageIndex>> GetAsync(
        PackageName package, string? release, string? mediaType, CancellationToken cancellationToken) =>
        await indexes.FindAsync(package, cancellationToken)
        ?? throw PackageErrors.PackageNotFound(package.Value, release, mediaType);

    /// <summary>
    /// The metadata of a manifest; null when it has none. Those of a large package are unpacked, unless they were read
    /// lately.
    /// </summary>
    public RawJson? ReadMetadata(Manifest manifest) => indexes.ReadMetadata(manifest.Metadata);

    /// <summary>
    /// Opens the content of a manifest for reading. A small one may be in memory since it was read last.
    /// </summary>
    /// <param name="package">The package.</param>
    /// <param name="manifest">Whose content, as a read that began after the request has given it.</param>
    /// <param name="range">Which bytes.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>A reader, which the caller disposes.</returns>
    /// <exception cref="RegistryException">
    /// <see cref="ErrorCode.PackageNotFound"/>: it was deleted or replaced after the manifest was read.
    /// </exception>
    /// <exception cref="StorageException">
    /// <see cref="StorageFault.Corrupt"/>: the index still refers to a blob that is not there, or a small one is
    /// damaged.
    /// </exception>
    public async ValueTask<BlobReader> OpenAsync(
        PackageName package, Manifest manifest, ByteRange range, CancellationToken cancellationToken)
    {
        var key = new BlobKey(package.Key, manifest.Content.StoredDigest);
        if (await contents.OpenAsync(key, manifest.Content.Size, range, cancellationToken) is { } reader)
            return reader;
        if ((await indexes.FindAsync(package, cancellationToken))?.State.References(key.Digest) == true)
            throw new StorageException(
                StorageFault.Corrupt, $"Blob {key} is gone, and the index of {package} refers to it.");
        throw PackageErrors.PackageNotFound(package.Value, manifest.Release.Value, manifest.MediaType.Value);
    }

    /// <summary>Deletes a release in one media type. Its blob is collected later.</summary>
    /// <param name="package">The package.</param>
    /// <param name="release">The exact release, as it was requested: not a query.</param>
    /// <param name="mediaType">The media type, as it was requested.</param>
    /// <param name="cancellationToken">Cancels the call; the delete then happens completely or not at all.</param>
    /// <exception cref="RegistryException">
    /// <see cref="ErrorCode.PackageNotFound"/>, also for an invalid release or media type.
    /// </exception>
    /// <exception cref="StorageException">The storage failed.</exception>
    public async Task DeleteAsync(
        PackageName package, string release, string mediaType, CancellationToken cancellationToken)
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
        LogDeleted(package, exact, type);
    }

    private static Manifest NewManifest(
        Release release,
        MediaType mediaType,
        UploadedContent content,
        DateTimeOffset createdAt,
        string? metadata) => new(
        release,
        new ContentDescriptor(mediaType, content.StoredDigest, content.Size, content.TarDigest),
        createdAt,
        metadata is null ? null : Metadata.Of(metadata),
        PushId: Convert.ToBase64String(RandomNumberGenerator.GetBytes(PushIdBytes)));

    /// <summary>Commits a content that was accepted, and then the index that names it.</summary>
    /// <returns>The index right after.</returns>
    private async Task<PackageIndex> StoreAsync(
        PackageName package,
        Manifest manifest,
        PackageUpload upload,
        Func<PackageIndex?, PackageIndex> change,
        CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        var (blob, isNew, epoch) = await upload.CommitAsync(cancellationToken);
        PackageIndex? index;
        try
        {
            index = await indexes.UpdateAsync(
                package,
                new DocumentChange<PackageIndex>(
                    change,
                    index => index.Find(manifest.Release, manifest.MediaType)?.PushId == manifest.PushId,
                    epoch),
                cancellationToken);
        }
        catch (StorageException ended) when (ended.Kind == StorageFault.EpochEnded)
        {
            // If the blob has outlived the epoch in which it was committed, the collection removes it.
            LogNotStored(package, manifest.Release, manifest.MediaType);
            throw PackageErrors.StorageRestarted(package);
        }
        catch (Exception failure) when (isNew && PackageIndexes.IsKnownUnchanged(failure))
        {
            await RemoveAsync(package, blob, epoch);
            throw;
        }

        // A collector deletes what it saw unreferenced at one revision for a whole grace. A push that took longer than
        // half of that gives its blob another revision, now that the index refers to it: a delete that is under way has
        // happened, or will be refused. The release is stored by now, so a client that leaves does not end this.
        if (time.GetElapsedTime(began) > collection.Grace / 2 && !await TryTouchAsync(blob.Key))
        {
            await WithdrawAsync(package, manifest, CancellationToken.None);
            throw PackageErrors.OutcomeUnknown(package);
        }

        return index!;
    }

    /// <summary>
    /// Commits a blob again with the bytes that it has. False when it is gone, or cannot be committed.
    /// </summary>
    private async Task<bool> TryTouchAsync(BlobKey key)
    {
        try
        {
            await using var reader = await blobs.OpenAsync(key, ByteRange.All, CancellationToken.None);
            if (reader is null)
                return false;
            await using var writer = await blobs.CreateAsync(key.Scope, CancellationToken.None);
            if (await BlobBytes.HashAsync(reader.Content, writer.WriteAsync, count: null, CancellationToken.None)
                != key.Digest)
                throw new StorageException(StorageFault.Corrupt, $"Blob {key} is damaged.");
            await writer.CommitAsync(key.Digest, uploadedAt: null, CancellationToken.None);
            return true;
        }
        catch (Exception fault) when (fault is StorageException or RegistryException)
        {
            LogNotTouched(key, fault);
            return false;
        }
    }

    /// <summary>
    /// Removes a blob that a push created whose release was certainly not stored. Whoever stores a release with the
    /// same content commits the blob and so changes its revision; then it stays.
    /// </summary>
    private async Task RemoveAsync(PackageName package, BlobInfo blob, StorageEpoch? epoch)
    {
        try
        {
            // A release that was there before may name it, if its blob had been lost.
            if ((await indexes.FindAsync(package, CancellationToken.None))?.State.References(blob.Key.Digest) != true)
                await blobs.TryDeleteAsync(
                    blob.Key, Precondition.Matches(blob.Revision).In(epoch), CancellationToken.None);
        }
        catch (StorageException fault)
        {
            LogLeftBehind(blob.Key, fault);
        }
    }

    private async Task WithdrawAsync(PackageName package, Manifest manifest, CancellationToken cancellationToken)
    {
        LogWithdrawn(package, manifest.Release, manifest.MediaType);
        await indexes.UpdateAsync(
            package,
            new DocumentChange<PackageIndex>(index =>
                index?.Find(manifest.Release, manifest.MediaType)?.PushId == manifest.PushId
                    ? index.Without(manifest.Release, manifest.MediaType)
                    : index),
            cancellationToken);
    }

    [LoggerMessage(
        Level = LogLevel.Information,
        Message = "Pushed {Package} {Release} as {MediaType}: {Digest}, {Size} bytes, force {Force}")]
    private partial void LogPushed(
        PackageName package, Release release, MediaType mediaType, Digest digest, long size, bool force);

    [LoggerMessage(Level = LogLevel.Information, Message = "Deleted {Package} {Release} as {MediaType}")]
    private partial void LogDeleted(PackageName package, Release release, MediaType mediaType);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Did not store {Package} {Release} as {MediaType}: the storage was restarted or replaced after "
            + "the content was committed")]
    private partial void LogNotStored(PackageName package, Release release, MediaType mediaType);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "The blob {Blob} of a refused push could not be removed; the collection will remove it")]
    private partial void LogLeftBehind(BlobKey blob, Exception fault);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The blob {Blob} of a slow push could not be committed again")]
    private partial void LogNotTouched(BlobKey blob, Exception fault);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Withdrew {Package} {Release} as {MediaType}, and what a forced push replaced: its blob was "
            + "collected, or may be, before the push was done")]
    private partial void LogWithdrawn(PackageName package, Release release, MediaType mediaType);
}
