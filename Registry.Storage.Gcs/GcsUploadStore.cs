using Registry.Core.Storage;
using Registry.Core.Transfers;

namespace Registry.Storage.Gcs;

/// <summary>
/// Stores a staged upload as an object without bytes, and each append as an object named by its offset. The service
/// creates each object once, so one of several concurrent appends wins. The length of an upload is that of its appends.
/// </summary>
/// <remarks>
/// A discard deletes the object of the upload first and the appends after it. So if the object of the upload still
/// exists after the appends were listed, or after one was created, no append was missing. The discard of an idle upload
/// requires that its object has not changed since it was found idle. An append that it may have missed in its listing
/// changes the object, so either the append is rejected or the discard is.
/// </remarks>
/// <param name="client">The client.</param>
/// <param name="names">The names of the objects.</param>
/// <param name="staging">The local files of appends under way.</param>
/// <param name="budget">The memory budget.</param>
/// <param name="refresh">When the object of an upload is touched.</param>
internal sealed class GcsUploadStore(
    GcsClient client, GcsNames names, GcsStaging staging, TransferBudget budget, GcsRefresh refresh) : IUploadStore
{
    /// <summary>The number of objects that a discard deletes at once.</summary>
    private const int DeletesAhead = 16;

    private readonly GcsStaging appends = staging.Below("appends");

    public async ValueTask<UploadKey> BeginAsync(StoreKey scope, CancellationToken cancellationToken)
    {
        _ = scope.Value;
        cancellationToken.ThrowIfCancellationRequested();
        var upload = UploadKey.Create(scope);
        var metadata = GcsMetadata.OfUpload(Guid.NewGuid().ToString("N"));

        // The id is random: if the object exists, an earlier attempt created it.
        await client.InsertAsync(
            names.Of(upload),
            metadata,
            ReadOnlyMemory<byte>.Empty,
            generation: 0,
            repeatsUnknown: true,
            cancellationToken);
        return upload;
    }

    public async ValueTask<long?> LengthAsync(UploadKey upload, CancellationToken cancellationToken)
    {
        long length = 0;
        string? unexpected = null;
        var parts = new GcsListing(client, names.PartsOf(upload.Id), after: null, "name,size");
        await foreach (var part in parts.ReadAsync(cancellationToken))
        {
            if (part.Name != names.Part(upload, length))
            {
                unexpected = part.Name;
                break;
            }

            length += GcsBlobs.SizeOf(part);
        }

        if (await client.FindAsync(names.Of(upload), cancellationToken) is null)
            return null;
        return unexpected is null
            ? length
            : throw new StorageException(
                StorageFault.Corrupt, $"The upload '{upload}' has no bytes at {length}, but '{unexpected}' exists.");
    }

    public async ValueTask<UploadWriter?> AppendAsync(
        UploadKey upload, long offset, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        return await LengthAsync(upload, cancellationToken) == offset
            ? new GcsUploadWriter(client, names, upload, offset, appends.Begin(), budget, refresh)
            : null;
    }

    public async ValueTask<Stream?> OpenAsync(UploadKey upload, CancellationToken cancellationToken) =>
        await LengthAsync(upload, cancellationToken) is { } length
            ? new GcsUploadContent(client, names, upload, length, budget)
            : null;

    public async ValueTask<bool> DiscardAsync(UploadKey upload, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var name = names.Of(upload);
        if (await client.FindAsync(name, cancellationToken) is not { } found)
            return false;
        var write = await client.DeleteAsync(name, found.Generation ?? 0, metageneration: null, cancellationToken);
        if (write is { IsDone: false, IsOutcomeUnknown: false })
            return false;
        await DeletePartsAsync(upload.Id, cancellationToken);
        return write.IsDone
            ? true
            : throw new StorageException(
                StorageFault.Unavailable,
                $"A delete of '{name}' got no response. The object is gone, possibly deleted by another client.");
    }

    public async ValueTask<int> CountAsync(int limit, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(limit);
        cancellationToken.ThrowIfCancellationRequested();
        var count = 0;
        if (limit == 0)
            return count;
        var uploads = new GcsListing(client, names.Uploads, after: null, "name");
        await foreach (var found in uploads.ReadAsync(cancellationToken))
            if (names.TryGetUpload(found.Name, out _) && ++count == limit)
                break;
        return count;
    }

    public async ValueTask<int> DiscardIdleAsync(TimeSpan idle, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(idle, TimeSpan.Zero);
        cancellationToken.ThrowIfCancellationRequested();
        var latest = client.Time.GetUtcNow() - idle;
        appends.Discard(idle, cancellationToken);
        var discarded = 0;
        var uploads = new GcsListing(
            client, names.Uploads, after: null, "name,generation,metageneration,timeCreated,updated");
        await foreach (var found in uploads.ReadAsync(cancellationToken))
            if (names.TryGetUpload(found.Name, out var upload)
                && GcsMetadata.UpdatedAtOf(found) <= latest
                && await TryDiscardIdleAsync(upload, found, latest, cancellationToken))
                discarded++;
        await DiscardOrphansAsync(latest, cancellationToken);
        return discarded;
    }

    /// <summary>
    /// Discards an upload unless bytes were appended recently. An append that takes long, or that is completed after
    /// the appends were listed, changes the metageneration, so that its upload is not deleted.
    /// </summary>
    private async Task<bool> TryDiscardIdleAsync(
        UploadKey upload, GcsObject found, DateTimeOffset latest, CancellationToken cancellationToken)
    {
        var parts = new GcsListing(client, names.PartsOf(upload.Id), after: null, "name,timeCreated");
        await foreach (var part in parts.ReadAsync(cancellationToken))
            if (GcsMetadata.UpdatedAtOf(part) > latest)
                return false;
        var write = await client.DeleteAsync(
            names.Of(upload), found.Generation ?? 0, found.Metageneration ?? 0, cancellationToken);
        if (write.IsDone)
            await DeletePartsAsync(upload.Id, cancellationToken);
        return write.IsDone;
    }

    /// <summary>
    /// Deletes appends whose upload does not exist: of discards that were interrupted, and of writers that died while
    /// their upload was discarded.
    /// </summary>
    private async Task DiscardOrphansAsync(DateTimeOffset latest, CancellationToken cancellationToken)
    {
        string? last = null;
        var parts = new GcsListing(client, names.Parts, after: null, "name,timeCreated");
        await foreach (var part in parts.ReadAsync(cancellationToken))
        {
            // The first append of an upload is its oldest.
            if (names.UploadIdOf(part.Name) is not { } id || id == last)
                continue;
            last = id;
            if (GcsMetadata.UpdatedAtOf(part) <= latest && !await ExistsAsync(id, cancellationToken))
                await DeletePartsAsync(id, cancellationToken);
        }
    }

    private async Task<bool> ExistsAsync(string id, CancellationToken cancellationToken)
    {
        var uploads = new GcsListing(client, names.UploadOf(id), after: null, "name");
        await using var found = uploads.ReadAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
        return await found.MoveNextAsync();
    }

    private async Task DeletePartsAsync(string id, CancellationToken cancellationToken)
    {
        var parts = new GcsListing(client, names.PartsOf(id), after: null, "name,generation");
        var options = new ParallelOptions
        {
            MaxDegreeOfParallelism = DeletesAhead,
            CancellationToken = cancellationToken,
        };
        await Parallel.ForEachAsync(
            parts.ReadAsync(cancellationToken),
            options,
            async (part, stopped) =>
                await client.DeleteAsync(part.Name, part.Generation ?? 0, metageneration: null, stopped));
    }
}
