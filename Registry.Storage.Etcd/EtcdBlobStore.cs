using System.Buffers;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Etcdserverpb;
using Google.Protobuf;
using Registry.Core.Storage;
using Registry.Core.Transfers;

namespace Registry.Storage.Etcd;

/// <summary>
/// Stores a blob as a head and its bytes: up to one chunk next to the head, more in the chunks of an upload. A delete
/// removes both in one transaction. A reader then continues in etcd's history and fails once that is compacted.
/// </summary>
internal sealed class EtcdBlobStore(
    EtcdClient client, EtcdKeys keys, EtcdUploads uploads, TransferBudget budget) : IBlobStore
{
    /// <summary>The size of the buffer of a copy, in bytes.</summary>
    private const int CopyBytes = 64 * 1024;

    public ValueTask<BlobWriter> CreateAsync(StoreKey scope, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        _ = scope.Value;
        return ValueTask.FromResult<BlobWriter>(new EtcdBlobWriter(uploads, scope));
    }

    public async ValueTask<BlobReader?> OpenAsync(BlobKey key, ByteRange range, CancellationToken cancellationToken)
    {
        await budget.ReserveAsync(EtcdBlobContent.FetchBytes, cancellationToken);
        BlobReader? reader = null;
        try
        {
            return reader = await OpenReservedAsync(key, range, cancellationToken);
        }
        finally
        {
            if (reader is null)
                budget.Release(EtcdBlobContent.FetchBytes);
        }
    }

    public async ValueTask<BlobInfo?> StatAsync(
        BlobKey key, CancellationToken cancellationToken) => (await FindHeadAsync(key, cancellationToken))?.ToInfo(key);

    public async ValueTask<bool> TryDeleteAsync(
        BlobKey key, Precondition precondition, CancellationToken cancellationToken)
    {
        precondition.ThrowIfAbsent();
        for (var attempt = 0; attempt < EtcdUploads.MaxAttempts; attempt++)
        {
            if (await FindHeadAsync(key, cancellationToken) is not { } stored
                || !precondition.HoldsFor(EtcdRevision.Of(stored.ModRevision)))
                return false;

            // Only deletes: a full etcd accepts nothing else.
            var request = new TxnRequest
            {
                Compare = { EtcdTxn.HasRevision(keys.Head(key), stored.ModRevision) },
                Success =
                {
                    EtcdTxn.Delete(keys.Head(key)),
                    stored.IsChunked
                        ? EtcdTxn.Delete(keys.Chunks(stored.Head.Upload))
                        : EtcdTxn.Delete(keys.Content(key)),
                },
            };
            if ((await client.WriteAsync(request, Repeat.OnlyIfUnsent, cancellationToken)).Succeeded)
                return true;
        }

        throw EtcdUploads.Contended(key);
    }

    public async ValueTask<CommittedBlob?> TouchAsync(
        BlobKey key, DateTimeOffset? uploadedAt, CancellationToken cancellationToken) =>
        await new BlobCommit(uploads, key, uploadedAt).TouchAsync(cancellationToken);

    /// <summary>etcd cannot copy a value, so the bytes pass through this process.</summary>
    public async ValueTask<CommittedBlob?> CopyAsync(
        BlobKey source, StoreKey scope, CancellationToken cancellationToken)
    {
        await using var reader = await OpenAsync(source, ByteRange.All, cancellationToken);
        if (reader is null)
            return null;
        if (await FindHeadAsync(new BlobKey(scope, source.Digest), cancellationToken) is { } existing
            && existing.Head.Length == reader.Length
            && await TouchAsync(new BlobKey(scope, source.Digest), uploadedAt: null, cancellationToken) is { } touched)
            return touched;
        await using var writer = await CreateAsync(scope, cancellationToken);
        if (await CopyAsync(reader.Content, writer, cancellationToken) != source.Digest)
            throw new StorageException(
                StorageFault.Corrupt, $"etcd: the bytes of the blob '{source}' do not match its sha256.");
        return await writer.CommitAsync(source.Digest, uploadedAt: null, cancellationToken);
    }

    public async IAsyncEnumerable<BlobInfo> ListAsync(
        StoreKey scope, ScopeDepth depth, BlobKey? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var entry in client.ListAsync(
            keys.Heads(scope, depth, after), keysOnly: false, cancellationToken))
        {
            if (keys.NameOf(entry.Key, "blobs") is not { } name || !BlobKey.TryParse(name, out var key))
                continue;
            cancellationToken.ThrowIfCancellationRequested();
            yield return StoredHead.Parse(entry).ToInfo(key);
        }
    }

    public ValueTask<int> DiscardAbandonedAsync(TimeSpan idle, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(idle, TimeSpan.Zero);
        cancellationToken.ThrowIfCancellationRequested();
        return uploads.DiscardAbandonedAsync(idle, cancellationToken);
    }

    private async ValueTask<BlobReader?> OpenReservedAsync(
        BlobKey key, ByteRange range, CancellationToken cancellationToken)
    {
        // One request for both, because most blobs are small.
        var both = new TxnRequest { Success = { EtcdTxn.Get(keys.Head(key)), EtcdTxn.Get(keys.Content(key)) } };
        var response = await client.ReadAsync(both, cancellationToken);
        if (response.Read(0) is not { } entry)
            return null;
        var stored = StoredHead.Parse(entry);
        var length = range.LengthWithin(stored.Head.Length);
        if (stored.IsChunked)
        {
            var chunks =
                new EtcdBlobContent(client, keys, key, stored, response.Header.Revision, range.Offset, length, budget);
            return new BlobReader(stored.ToInfo(key), length, chunks);
        }

        var content = response.Read(1)?.Value ?? ByteString.Empty;
        if (content.Length != stored.Head.Length)
            throw new StorageException(
                StorageFault.Corrupt,
                $"etcd: the blob '{key}' has {content.Length} bytes, not {stored.Head.Length}.");

        // The response has been parsed: only the content is still in memory.
        budget.Release(EtcdBlobContent.FetchBytes - content.Length);
        return new BlobReader(stored.ToInfo(key), length, new WholeContent(content, range.Offset, length, budget));
    }

    /// <summary>Copies the bytes, and returns their sha256.</summary>
    private static async Task<Digest> CopyAsync(
        Stream content, BlobWriter writer, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = ArrayPool<byte>.Shared.Rent(CopyBytes);
        try
        {
            while (await content.ReadAsync(buffer, cancellationToken) is > 0 and var read)
            {
                hash.AppendData(buffer, 0, read);
                await writer.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            }

            return Digest.FromHash(hash.GetHashAndReset());
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async ValueTask<StoredHead?> FindHeadAsync(BlobKey key, CancellationToken cancellationToken) =>
        (await client.RangeAsync(new RangeRequest { Key = keys.Head(key) }, cancellationToken)).Kvs is [var entry, ..]
            ? StoredHead.Parse(entry)
            : null;
}
