namespace Registry.Core.Storage;

/// <summary>A blob writer that tracks whether it can be used. A backend implements the storage part alone.</summary>
/// <param name="scope">The scope of the blob.</param>
public abstract class StagedBlobWriter(StoreKey scope) : BlobWriter
{
    private readonly WriterState state = new();

    /// <summary>Returns the error for using a writer whose bytes have been discarded as abandoned.</summary>
    public static StorageException Discarded() =>
        new(
            StorageFault.Unavailable,
            "The bytes were discarded before they were committed, because nothing was written for too long.");

    /// <inheritdoc/>
    public sealed override async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        state.Begin(this, cancellationToken);
        await WriteCoreAsync(bytes, cancellationToken);
        state.Reopen();
    }

    /// <inheritdoc/>
    public sealed override async ValueTask<CommittedBlob> CommitAsync(
        Digest digest, DateTimeOffset? uploadedAt, CancellationToken cancellationToken)
    {
        state.Begin(this, cancellationToken);
        return await CommitCoreAsync(new BlobKey(scope, digest), uploadedAt, cancellationToken);
    }

    /// <inheritdoc/>
    public sealed override async ValueTask DisposeAsync()
    {
        if (state.TryDispose())
            await DisposeCoreAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>
    /// Marks the bytes as discarded if the writer is usable, not busy, and the condition holds. It can then only be
    /// disposed.
    /// </summary>
    internal bool TryDiscard(Func<bool> condition) => state.TryDiscard(condition);

    /// <summary>Implements <see cref="BlobWriter.WriteAsync"/>.</summary>
    protected abstract ValueTask WriteCoreAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken);

    /// <summary>Implements <see cref="BlobWriter.CommitAsync"/>. Called once.</summary>
    protected abstract ValueTask<CommittedBlob> CommitCoreAsync(
        BlobKey key, DateTimeOffset? uploadedAt, CancellationToken cancellationToken);

    /// <summary>Implements <see cref="BlobWriter.DisposeAsync"/>. Called once.</summary>
    protected abstract ValueTask DisposeCoreAsync();
}
