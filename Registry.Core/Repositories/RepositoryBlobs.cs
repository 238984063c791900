using Microsoft.Extensions.Logging;
using Registry.Core.Access;
using Registry.Core.Content;
using Registry.Core.Errors;
using Registry.Core.Events;
using Registry.Core.Packages;
using Registry.Core.Storage;

namespace Registry.Core.Repositories;

/// <summary>
/// The blobs of packages, as OCI clients see them: read, pushed in one or in several requests, copied from another
/// package, deleted.
/// </summary>
/// <remarks>
/// <para>
/// A client that is told that a blob exists does not push it, and refers to it in its next request. So a blob that
/// nothing refers to is reported as missing before the collector may remove it; until then it can still be read.
/// </para>
/// <para>
/// Only the collector removes blobs: a push that has touched a blob relies on it until the index refers to it. A delete
/// hides the blob by its upload time, and any touch shows it again.
/// </para>
/// </remarks>
/// <param name="indexes">The indexes of the packages.</param>
/// <param name="blobs">The blobs.</param>
/// <param name="uploads">The staged uploads.</param>
/// <param name="contents">Opens blobs.</param>
/// <param name="manifests">Reads what manifests refer to.</param>
/// <param name="options">The limits.</param>
/// <param name="collection">When unreferenced blobs are collected.</param>
/// <param name="events">Raises an event for every change.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">The log.</param>
public sealed partial class RepositoryBlobs(
    PackageIndexes indexes,
    IBlobStore blobs,
    IUploadStore uploads,
    PackageContents contents,
    ManifestContents manifests,
    RepositoryOptions options,
    CollectionOptions collection,
    RegistryEvents events,
    TimeProvider time,
    ILogger<RepositoryBlobs> logger)
{
    /// <summary>The upload time of a blob that a client has deleted.</summary>
    internal static readonly DateTimeOffset Deleted = DateTimeOffset.UnixEpoch;

    private readonly UploadLimit limit = new(uploads, options.MaxUploads, time);

    /// <summary>Finds a blob; null when the package has no such blob.</summary>
    /// <param name="package">The package.</param>
    /// <param name="digest">The digest of the blob.</param>
    /// <param name="forPush">
    /// Whether the client may refer to the blob instead of pushing it. A blob that the storage has lost is then not
    /// found, so that the client pushes it again.
    /// </param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="StorageException">The storage failed, or has lost the blob.</exception>
    public async ValueTask<FoundBlob?> FindAsync(
        PackageName package, Digest digest, bool forPush, CancellationToken cancellationToken)
    {
        var key = new BlobKey(package.Key, digest);
        var index = (await indexes.FindAsync(package, cancellationToken))?.State;
        if (index is not null
            && await manifests.FindDerivedConfigAsync(index, digest, cancellationToken) is { } config)
            return new FoundBlob(new BlobInfo(key, config.Length, index.CreatedAt, new Revision(digest.Value)))
            {
                Derived = config,
            };
        if (await blobs.StatAsync(key, cancellationToken) is not { } blob)
            return forPush || !await IsRequiredAsync(package, digest, cancellationToken)
                ? null
                : throw new StorageException(
                    StorageFault.Corrupt, $"Blob {key} is missing, and {package} refers to it.");
        return (forPush ? IsRecent(blob) : blob.UploadedAt != Deleted)
            || await RefersAsync(index, digest, cancellationToken)
            ? new FoundBlob(blob)
            : null;
    }

    /// <summary>Opens a blob that <see cref="FindAsync"/> has found.</summary>
    /// <exception cref="RegistryException">
    /// <see cref="ErrorCode.BlobNotFound"/>: it was deleted in the meantime.
    /// </exception>
    /// <exception cref="StorageException">The storage failed.</exception>
    public async ValueTask<BlobReader> OpenAsync(
        PackageName package, FoundBlob blob, ByteRange range, CancellationToken cancellationToken) =>
        blob.Derived is { } config
            ? BlobReader.Of(blob.Info, config, range)
            : await contents.OpenAsync(blob.Info.Key, blob.Size, range, cancellationToken)
                ?? throw RepositoryErrors.BlobNotFound(package, blob.Digest);

    /// <summary>Begins to push a blob whose bytes all arrive in this request. The caller disposes the push.</summary>
    /// <exception cref="StorageException">The storage failed.</exception>
    public async ValueTask<BlobPush> BeginPushAsync(
        PackageName package, Caller caller, CancellationToken cancellationToken) =>
        new(package, caller, await blobs.CreateAsync(package.Key, cancellationToken), options.MaxBlobBytes, events);

    /// <summary>Begins an upload in several requests.</summary>
    /// <returns>The id of the upload.</returns>
    /// <exception cref="RegistryException"><see cref="ErrorCode.TooManyUploads"/>.</exception>
    /// <exception cref="StorageException">The storage failed.</exception>
    public async ValueTask<string> BeginUploadAsync(
        PackageName package, Caller caller, CancellationToken cancellationToken) =>
        (await limit.BeginAsync(package.Key, caller, cancellationToken)).Id;

    /// <summary>Returns the number of bytes that are staged.</summary>
    /// <exception cref="RegistryException"><see cref="ErrorCode.UploadNotFound"/>.</exception>
    /// <exception cref="StorageException">The storage failed.</exception>
    public async ValueTask<long> GetLengthAsync(PackageName package, string id, CancellationToken cancellationToken) =>
        await uploads.LengthAsync(KeyOf(package, id), cancellationToken)
        ?? throw RepositoryErrors.UploadNotFound(package);

    /// <summary>Begins to append bytes to an upload. The caller disposes the append.</summary>
    /// <param name="package">The package.</param>
    /// <param name="id">The id of the upload.</param>
    /// <param name="offset">Where the bytes begin; null for the end of the upload.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="RegistryException">
    /// <see cref="ErrorCode.UploadNotFound"/>; <see cref="ErrorCode.UploadOutOfOrder"/>.
    /// </exception>
    /// <exception cref="StorageException">The storage failed.</exception>
    public async ValueTask<UploadAppend> BeginAppendAsync(
        PackageName package, string id, long? offset, CancellationToken cancellationToken)
    {
        var length = await GetLengthAsync(package, id, cancellationToken);
        if (offset is not null && offset != length)
            throw RepositoryErrors.OutOfOrder(package, length, offset.Value);
        var writer = await uploads.AppendAsync(KeyOf(package, id), length, cancellationToken)
            ?? throw RepositoryErrors.UploadChanged(package);
        return new UploadAppend(package, writer, length, options.MaxBlobBytes);
    }

    /// <summary>
    /// Begins to complete an upload: the staged bytes are written already, and the last ones may follow. The caller
    /// disposes the push.
    /// </summary>
    /// <param name="package">The package.</param>
    /// <param name="id">The id of the upload.</param>
    /// <param name="offset">Where the last bytes begin; null for the end of the upload.</param>
    /// <param name="caller">Who pushes.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="RegistryException">
    /// <see cref="ErrorCode.UploadNotFound"/>; <see cref="ErrorCode.UploadOutOfOrder"/>.
    /// </exception>
    /// <exception cref="StorageException">The storage failed.</exception>
    public async ValueTask<BlobPush> BeginCompletionAsync(
        PackageName package, string id, long? offset, Caller caller, CancellationToken cancellationToken)
    {
        var length = await GetLengthAsync(package, id, cancellationToken);
        if (offset is not null && offset != length)
            throw RepositoryErrors.OutOfOrder(package, length, offset.Value);
        var push = await BeginPushAsync(package, caller, cancellationToken);
        try
        {
            if (length > 0)
                await CopyStagedAsync(package, id, push, cancellationToken);
            return push;
        }
        catch
        {
            await push.DisposeAsync();
            throw;
        }
    }

    /// <summary>Discards an upload.</summary>
    /// <exception cref="RegistryException"><see cref="ErrorCode.UploadNotFound"/>.</exception>
    /// <exception cref="StorageException">The storage failed.</exception>
    public async Task CancelUploadAsync(PackageName package, string id, CancellationToken cancellationToken)
    {
        var upload = KeyOf(package, id);
        if (!await uploads.DiscardAsync(upload, cancellationToken))
            throw RepositoryErrors.UploadNotFound(package);
        limit.End(upload);
    }

    /// <summary>
    /// Discards an upload whose blob is stored. A failure is only logged: the upload is reclaimed once it has been idle
    /// for long enough.
    /// </summary>
    public async Task EndUploadAsync(PackageName package, string id)
    {
        try
        {
            var upload = KeyOf(package, id);
            if (await uploads.DiscardAsync(upload, CancellationToken.None))
                limit.End(upload);
        }
        catch (StorageException exception)
        {
            LogLeftBehind(package, exception);
        }
    }

    /// <summary>Copies a blob of another package.</summary>
    /// <returns>False when the source has no such blob, or the caller may not pull it.</returns>
    /// <exception cref="StorageException">The storage failed.</exception>
    public async Task<bool> TryMountAsync(
        PackageName package, PackageName source, Digest digest, Caller caller, CancellationToken cancellationToken)
    {
        if (!caller.May(AccessActions.Pull, AccessResource.Package(source.Value)))
            return false;
        var key = new BlobKey(source.Key, digest);
        if (await blobs.StatAsync(key, cancellationToken) is not { } blob)
            return false;
        if (blob.UploadedAt == Deleted)
        {
            var index = (await indexes.FindAsync(source, cancellationToken))?.State;
            if (!await RefersAsync(index, digest, cancellationToken))
                return false;
        }

        if (await blobs.CopyAsync(key, package.Key, cancellationToken) is null)
            return false;
        events.Raise(new RegistryEvent(events.Now, caller, RegistryAction.BlobMounted, package.Value)
        {
            Source = source.Value,
            StoredDigest = digest,
            Size = blob.Length,
        });
        return true;
    }

    /// <summary>
    /// Deletes a blob that nothing refers to: clients no longer find it, and the collector removes it later. A
    /// concurrent push that has touched the blob and then refers to it keeps it.
    /// </summary>
    /// <exception cref="RegistryException">
    /// <see cref="ErrorCode.BlobNotFound"/>; <see cref="ErrorCode.BlobInUse"/>.
    /// </exception>
    /// <exception cref="StorageException">The storage failed.</exception>
    public async Task DeleteAsync(
        PackageName package, Digest digest, Caller caller, CancellationToken cancellationToken)
    {
        var key = new BlobKey(package.Key, digest);
        var blob = await blobs.StatAsync(key, cancellationToken);
        var index = (await indexes.FindAsync(package, cancellationToken))?.State;
        if (index?.FindDerivedConfig(digest) is not null
            || (blob is not null && await RefersAsync(index, digest, cancellationToken)))
            throw RepositoryErrors.BlobInUse(package, digest);

        // A blob that is already marked as deleted is marked again: the mark may not be durable yet.
        if (blob is null
            || await blobs.TouchAsync(key, Deleted, cancellationToken) is null
            || blob.UploadedAt == Deleted)
            throw RepositoryErrors.BlobNotFound(package, digest);
        events.Raise(new RegistryEvent(events.Now, caller, RegistryAction.BlobDeleted, package.Value)
        {
            StoredDigest = digest,
            Size = blob.Length,
        });
    }

    private async Task CopyStagedAsync(
        PackageName package, string id, BlobPush push, CancellationToken cancellationToken)
    {
        await using var staged = await uploads.OpenAsync(KeyOf(package, id), cancellationToken)
            ?? throw RepositoryErrors.UploadNotFound(package);
        try
        {
            await BlobBytes.CopyAsync(staged, push.WriteAsync, cancellationToken);
        }
        catch (StorageException)
        {
            // If another request has completed or cancelled the upload in the meantime, the client must not try again.
            await GetLengthAsync(package, id, cancellationToken);
            throw;
        }
    }

    private static UploadKey KeyOf(PackageName package, string id) =>
        UploadKey.TryParse(package.Key, id, out var key) ? key : throw RepositoryErrors.UploadNotFound(package);

    private bool IsRecent(BlobInfo blob) => time.GetUtcNow() - blob.UploadedAt < collection.Grace / 2;

    /// <summary>Whether a package, as it is now, is damaged without a blob.</summary>
    private async ValueTask<bool> IsRequiredAsync(
        PackageName package, Digest digest, CancellationToken cancellationToken) =>
        (await indexes.FindAsync(package, cancellationToken))?.State is { } index
        && (await manifests.ReferencesAsync(index, new HashSet<Digest> { digest }, damaged: null, cancellationToken))
            .GetValueOrDefault(digest);

    private async ValueTask<bool> RefersAsync(
        PackageIndex? index, Digest digest, CancellationToken cancellationToken) =>
        index is not null && await manifests.RefersAsync(index, digest, cancellationToken);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Discarding a completed upload of {Package} failed")]
    private partial void LogLeftBehind(PackageName package, Exception fault);
}
