using Registry.Core.Storage;

namespace Registry.Tests.Support.Storage;

internal sealed class InMemoryUploadStore(InMemoryStorage storage) : IUploadStore
{
    public ValueTask<UploadKey> BeginAsync(StoreKey scope, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var upload = UploadKey.Create(scope);
        lock (storage.Gate)
            storage.StagedUploads.Add(upload, new StagedUpload(storage.Time.GetUtcNow()));
        return ValueTask.FromResult(upload);
    }

    public ValueTask<long?> LengthAsync(UploadKey upload, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (storage.Gate)
            return ValueTask.FromResult(storage.StagedUploads.GetValueOrDefault(upload)?.Length);
    }

    public ValueTask<UploadWriter?> AppendAsync(UploadKey upload, long offset, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        cancellationToken.ThrowIfCancellationRequested();
        lock (storage.Gate)
            return ValueTask.FromResult<UploadWriter?>(
                storage.StagedUploads.GetValueOrDefault(upload)?.Length == offset
                    ? new Writer(storage, upload, offset)
                    : null);
    }

    public ValueTask<Stream?> OpenAsync(UploadKey upload, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (storage.Gate)
            return ValueTask.FromResult<Stream?>(
                storage.StagedUploads.TryGetValue(upload, out var staged)
                    ? new ChunkStream([.. staged.Chunks], 0, staged.Length)
                    : null);
    }

    public ValueTask<bool> DiscardAsync(UploadKey upload, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (storage.Gate)
            return ValueTask.FromResult(storage.StagedUploads.Remove(upload));
    }

    public ValueTask<int> CountAsync(int limit, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (storage.Gate)
            return ValueTask.FromResult(Math.Min(limit, storage.StagedUploads.Count));
    }

    public ValueTask<int> DiscardIdleAsync(TimeSpan idle, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(idle, TimeSpan.Zero);
        cancellationToken.ThrowIfCancellationRequested();
        lock (storage.Gate)
        {
            var newest = storage.Time.GetUtcNow() - idle;
            return ValueTask.FromResult(storage.StagedUploads
                .Where(upload => upload.Value.LastAppend <= newest)
                .Count(upload => storage.StagedUploads.Remove(upload.Key)));
        }
    }

    private sealed class Writer(InMemoryStorage storage, UploadKey upload, long offset) : StagedUploadWriter
    {
        private readonly List<ReadOnlyMemory<byte>> chunks = [];

        protected override ValueTask WriteCoreAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
        {
            chunks.Add(bytes.ToArray());
            return ValueTask.CompletedTask;
        }

        protected override ValueTask<long?> CompleteCoreAsync(CancellationToken cancellationToken)
        {
            lock (storage.Gate)
            {
                if (!storage.StagedUploads.TryGetValue(upload, out var staged) || staged.Length != offset)
                    return ValueTask.FromResult<long?>(null);
                staged.Chunks.AddRange(chunks);
                staged.Length += chunks.Sum(static chunk => (long)chunk.Length);
                staged.LastAppend = storage.Time.GetUtcNow();
                return ValueTask.FromResult<long?>(staged.Length);
            }
        }

        protected override ValueTask DisposeCoreAsync() => ValueTask.CompletedTask;
    }
}
