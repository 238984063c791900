using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Registry.Core.Content;
using Registry.Core.Storage;

namespace Registry.Tests.Support;

/// <summary>Just enough of a blob store for the tests of what stands on the port, with the faults that they need.</summary>
internal sealed class TinyBlobStore : IBlobStore
{
    private readonly ConcurrentDictionary<BlobKey, (byte[] Bytes, BlobInfo Info)> blobs = new();
    private long clock = new DateTimeOffset(2016, 1, 4, 12, 31, 4, TimeSpan.Zero).Ticks;
    private int staged;

    /// <summary>Thrown by every member while it is set.</summary>
    public StorageException? Fault { get; set; }

    /// <summary>How many bytes, or entries of a list, come before a read fails; null for all.</summary>
    public int? FailReadsAfter { get; set; }

    /// <summary>A reader that falls short ends instead of failing, as no store may.</summary>
    public bool EndsInsteadOfFailing { get; set; }

    public int Staged => staged;

    public int Count => blobs.Count;

    public ValueTask<BlobWriter> CreateAsync(StoreKey scope, CancellationToken ct)
    {
        Check(ct);
        Interlocked.Increment(ref staged);
        return ValueTask.FromResult<BlobWriter>(new Writer(this, scope));
    }

    public ValueTask<BlobReader?> OpenAsync(BlobKey key, ByteRange range, CancellationToken ct)
    {
        Check(ct);
        if (!blobs.TryGetValue(key, out var blob))
            return ValueTask.FromResult<BlobReader?>(null);
        var length = range.LengthWithin(blob.Bytes.Length);
        var content = new MemoryStream(blob.Bytes, (int)range.Offset, (int)length, writable: false);
        return ValueTask.FromResult<BlobReader?>(new BlobReader(
            blob.Info, length, FailReadsAfter is { } limit ? new FailingStream(content, limit, EndsInsteadOfFailing) : content));
    }

    public ValueTask<BlobInfo?> StatAsync(BlobKey key, CancellationToken ct)
    {
        Check(ct);
        return ValueTask.FromResult(blobs.TryGetValue(key, out var blob) ? blob.Info : null);
    }

    public ValueTask<bool> TryDeleteAsync(BlobKey key, Precondition precondition, CancellationToken ct)
    {
        Check(ct);
        return ValueTask.FromResult(blobs.TryRemove(key, out _));
    }

    public async IAsyncEnumerable<BlobInfo> ListAsync(
        StoreKey scope, ScopeDepth depth, BlobKey? after, [EnumeratorCancellation] CancellationToken ct)
    {
        await Task.Yield();
        Check(ct);
        var seen = 0;
        foreach (var (key, blob) in blobs.OrderBy(static b => b.Key))
        {
            if (key.Scope != scope && (depth == ScopeDepth.Exact || !key.Scope.IsBelow(scope)))
                continue;
            if (seen++ >= FailReadsAfter)
                throw new StorageException(StorageFault.Unavailable, "secret-host went away");
            yield return blob.Info;
        }
    }

    public ValueTask<int> DiscardAbandonedAsync(TimeSpan idle, CancellationToken ct) => ValueTask.FromResult(0);

    private void Check(CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        if (Fault is { } fault)
            throw fault;
    }

    private sealed class Writer(TinyBlobStore store, StoreKey scope) : BlobWriter
    {
        private readonly MemoryStream content = new();

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken ct)
        {
            store.Check(ct);
            return content.WriteAsync(bytes, ct);
        }

        public override ValueTask<BlobInfo> CommitAsync(Digest digest, DateTimeOffset? uploadedAt, CancellationToken ct)
        {
            store.Check(ct);
            var now = new DateTimeOffset(Interlocked.Add(ref store.clock, TimeSpan.TicksPerMillisecond + 10), TimeSpan.Zero);
            var key = new BlobKey(scope, digest);
            var info = new BlobInfo(key, content.Length, uploadedAt ?? now, now, new Revision($"{now.Ticks}"));
            store.blobs[key] = (content.ToArray(), info);
            return ValueTask.FromResult(info);
        }

        public override ValueTask DisposeAsync()
        {
            Interlocked.Decrement(ref store.staged);
            return ValueTask.CompletedTask;
        }
    }

    private sealed class FailingStream(Stream inner, int limit, bool ends) : MemoryStream
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var left = limit - (int)inner.Position;
            if (left > 0)
                return await inner.ReadAsync(buffer[..Math.Min(left, buffer.Length)], cancellationToken);
            return ends ? 0 : throw new StorageException(StorageFault.Unavailable, "secret-host went away");
        }
    }
}
