using System.Runtime.CompilerServices;
using Registry.Core.Storage;
using Registry.Core.Transfers;

namespace Registry.Storage.Gcs;

/// <summary>
/// Stores blobs as objects. The bytes never change, so a blob has one generation. Committing an existing blob changes
/// its metageneration.
/// </summary>
internal sealed class GcsBlobStore(
    GcsClient client, GcsNames names, GcsStaging staging, GcsTouches touches, TransferBudget budget) : IBlobStore
{
    /// <summary>The maximum number of attempts when the blob keeps changing.</summary>
    private const int MaxRaces = 100;

    public ValueTask<BlobWriter> CreateAsync(StoreKey scope, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        _ = scope.Value;
        return ValueTask.FromResult<BlobWriter>(
            new GcsBlobWriter(client, names, touches, scope, staging.Begin(), budget));
    }

    public async ValueTask<BlobReader?> OpenAsync(BlobKey key, ByteRange range, CancellationToken cancellationToken)
    {
        var name = names.Of(key);
        cancellationToken.ThrowIfCancellationRequested();
        for (var race = 0; race < MaxRaces; race++)
        {
            if (await client.FindAsync(name, cancellationToken) is not { } blob)
                return null;
            var length = range.LengthWithin(GcsBlobs.SizeOf(blob));
            var content = new GcsBlobContent(client, name, blob, range.Offset, length, budget);
            if (await TryBeginAsync(content, cancellationToken))
                return new BlobReader(GcsBlobs.ToInfo(key, blob), length, content);
        }

        throw Busy(name);
    }

    public async ValueTask<BlobInfo?> StatAsync(BlobKey key, CancellationToken cancellationToken)
    {
        var name = names.Of(key);
        cancellationToken.ThrowIfCancellationRequested();
        return await client.FindAsync(name, cancellationToken) is { } blob ? GcsBlobs.ToInfo(key, blob) : null;
    }

    public async ValueTask<bool> TryDeleteAsync(
        BlobKey key, Precondition precondition, CancellationToken cancellationToken)
    {
        precondition.ThrowIfAbsent();
        var name = names.Of(key);
        cancellationToken.ThrowIfCancellationRequested();
        if (precondition.Kind == PreconditionKind.Matches)
            return GcsBlobs.TryParse(precondition.Revision, out var generation, out var metageneration)
                && await TryDeleteAsync(name, generation, metageneration, cancellationToken);

        for (var race = 0; race < MaxRaces; race++)
        {
            if (await client.FindAsync(name, cancellationToken) is not { } blob)
                return false;
            if (await TryDeleteAsync(name, blob.Generation ?? 0, blob.Metageneration ?? 0, cancellationToken))
                return true;
        }

        throw Busy(name);
    }

    public async ValueTask<CommittedBlob?> TouchAsync(
        BlobKey key, DateTimeOffset? uploadedAt, CancellationToken cancellationToken)
    {
        var name = names.Of(key);
        cancellationToken.ThrowIfCancellationRequested();
        return await CommitAsync(key, name, source: null, uploadedAt, cancellationToken);
    }

    public async ValueTask<CommittedBlob?> CopyAsync(
        BlobKey source, StoreKey scope, CancellationToken cancellationToken)
    {
        var key = new BlobKey(scope, source.Digest);
        var (from, to) = (names.Of(source), names.Of(key));
        cancellationToken.ThrowIfCancellationRequested();
        for (var race = 0; race < MaxRaces; race++)
        {
            if (await client.FindAsync(from, cancellationToken) is not { } found)
                return null;
            if (await CommitAsync(key, to, new StoredSource(client, from, found), uploadedAt: null, cancellationToken)
                is { } copy)
                return copy;
        }

        throw Busy(from);
    }

    public async IAsyncEnumerable<BlobInfo> ListAsync(
        StoreKey scope, ScopeDepth depth, BlobKey? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var listing = new GcsListing(
            client, names.Within(scope, depth), after is { } last ? names.Of(last) : null, GcsMetadata.Fields);
        await foreach (var found in listing.ReadAsync(cancellationToken))
            if (names.TryGetBlob(found.Name, out var key))
                yield return GcsBlobs.ToInfo(key, found);
    }

    public ValueTask<int> DiscardAbandonedAsync(TimeSpan idle, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(idle, TimeSpan.Zero);
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(staging.Discard(idle, cancellationToken));
    }

    private static async Task<bool> TryBeginAsync(GcsBlobContent content, CancellationToken cancellationToken)
    {
        var hasBegun = false;
        try
        {
            return hasBegun = await content.TryBeginAsync(cancellationToken);
        }
        finally
        {
            if (!hasBegun)
                await content.DisposeAsync();
        }
    }

    private async Task<CommittedBlob?> CommitAsync(
        BlobKey key,
        string name,
        IGcsSource? source,
        DateTimeOffset? uploadedAt,
        CancellationToken cancellationToken)
    {
        var commit = new GcsBlobCommit(
            client,
            touches,
            name,
            source,
            uploadedAt,
            GcsBlobs.AreReferenced(key.Scope),
            uploadedAt is null && touches.IsShared(key.Scope));
        return await commit.RunAsync(cancellationToken) is var (committed, isNew)
            ? new CommittedBlob(GcsBlobs.ToInfo(key, committed), isNew)
            : null;
    }

    private async Task<bool> TryDeleteAsync(
        string name, long generation, long metageneration, CancellationToken cancellationToken)
    {
        var write = await client.DeleteAsync(name, generation, metageneration, cancellationToken);
        if (write.IsDone || !write.IsOutcomeUnknown)
            return write.IsDone;

        // An earlier attempt got no response. If the generation still exists, it was only touched, and no attempt
        // deleted it.
        return await client.FindAsync(name, cancellationToken) is { } current && current.Generation == generation
            ? false
            : throw new StorageException(
                StorageFault.Unavailable,
                $"A delete of '{name}' got no response. The object is gone, possibly deleted by another client.");
    }

    private static StorageException Busy(string name) =>
        new(
            StorageFault.Throttled,
            $"'{name}' was changed concurrently during each of {MaxRaces} attempts.");
}
