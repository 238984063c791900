using Etcdserverpb;
using Google.Protobuf;
using Registry.Core.Content;
using Registry.Core.Storage;
using Registry.Core.Transfers;
using Registry.Storage.Etcd.Protocol;

namespace Registry.Storage.Etcd;

/// <summary>
/// Reads the bytes of a staged upload: its completed appends in order, chunk by chunk. If one is missing, the read
/// throws and never ends early.
/// </summary>
/// <param name="client">The etcd client.</param>
/// <param name="keys">The keys in etcd.</param>
/// <param name="upload">The upload.</param>
/// <param name="length">The length of the upload when it was opened. Bytes appended later are not read.</param>
/// <param name="budget">
/// The memory budget. <see cref="EtcdBlobContent.FetchBytes"/> are already reserved for this stream, which releases
/// them.
/// </param>
internal sealed class EtcdUploadContent(
    EtcdClient client, EtcdKeys keys, UploadKey upload, long length, TransferBudget budget) : FixedLengthStream(length)
{
    /// <summary>The number of completed appends that are read at once.</summary>
    private const int PageParts = 100;

    private readonly Queue<UploadPart> parts = new();
    private ReadOnlyMemory<byte> rest;
    private long nextChunk;
    private bool closed;

    public override bool CanRead => !closed;

    protected override async ValueTask<int> ReadCoreAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (rest.IsEmpty)
        {
            if (parts.Count == 0)
                await ReadPartsAsync(cancellationToken);
            rest = await ReadChunkAsync(parts.Peek(), cancellationToken);
        }

        var count = Math.Min(buffer.Length, rest.Length);
        rest.Span[..count].CopyTo(buffer.Span);
        rest = rest[count..];
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (!closed)
            budget.Release(EtcdBlobContent.FetchBytes);
        closed = true;
        base.Dispose(disposing);
    }

    /// <summary>Reads the next appends, the first of which begins at the current position.</summary>
    private async Task ReadPartsAsync(CancellationToken cancellationToken)
    {
        var position = Consumed;
        var page = await client.RangeAsync(
            new RangeRequest
            {
                Key = keys.Part(upload, position),
                RangeEnd = keys.Parts(upload).End,
                Limit = PageParts,
            },
            cancellationToken);
        foreach (var entry in page.Kvs)
        {
            var part = entry.Key == keys.Part(upload, position) ? Parse(entry.Value) : null;
            if (part is null || part.Length <= 0 || part.ChunkBytes <= 0)
                throw await MissingAsync($"the append at {position}", cancellationToken);
            parts.Enqueue(part);
            position += part.Length;
        }

        if (parts.Count == 0)
            throw await MissingAsync($"the append at {position}", cancellationToken);
    }

    private async Task<ReadOnlyMemory<byte>> ReadChunkAsync(UploadPart part, CancellationToken cancellationToken)
    {
        var found = await client.RangeAsync(
            new RangeRequest { Key = keys.AppendedChunk(upload, part.Append, nextChunk) }, cancellationToken);
        var before = nextChunk * part.ChunkBytes;
        if (found.Kvs is not [{ Value: var chunk }]
            || chunk.Length != Math.Min(part.ChunkBytes, part.Length - before))
            throw await MissingAsync($"chunk {nextChunk} of the append '{part.Append}'", cancellationToken);
        nextChunk++;
        if (before + chunk.Length == part.Length)
        {
            _ = parts.Dequeue();
            nextChunk = 0;
        }

        return chunk.Memory;
    }

    private static UploadPart? Parse(ByteString value)
    {
        try
        {
            return UploadPart.Parser.ParseFrom(value);
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
    }

    /// <summary>Distinguishes a discarded upload from a damaged one, whose head still exists.</summary>
    private async Task<StorageException> MissingAsync(string what, CancellationToken cancellationToken)
    {
        var head = await client.RangeAsync(
            new RangeRequest { Key = keys.Upload(upload), KeysOnly = true }, cancellationToken);
        return head.Kvs.Count > 0
            ? new StorageException(
                StorageFault.Corrupt, $"etcd: {what} to the upload '{upload}' is missing or damaged.")
            : new StorageException(
                StorageFault.Unavailable, $"The upload '{upload}' was discarded while it was read.");
    }
}
