namespace Registry.Core.Storage;

/// <summary>
/// A writer for a backend to which a small blob goes whole with its commit: nothing of it is staged before, so what is
/// abandoned is discarded here and not in the storage.
/// </summary>
public abstract class BufferedBlobWriter : BlobWriter
{
    private readonly BufferedUploads uploads;
    private readonly Lock gate = new();
    private long written;
    private State state;

    /// <param name="uploads">Those of the backend, among which it is until it is disposed.</param>
    protected BufferedBlobWriter(BufferedUploads uploads)
    {
        (this.uploads, written) = (uploads, uploads.Time.GetTimestamp());
        uploads.Join(this);
    }

    private enum State
    {
        Writing,
        Busy,
        Discarded,
        Committed,
        Disposed,
    }

    /// <summary>Whether the storage has any of it, or may have.</summary>
    protected abstract bool IsStaged { get; }

    /// <summary>The error of who goes on with what was discarded meanwhile.</summary>
    public static StorageException Discarded() =>
        new(StorageFault.Unavailable, "What was staged has been discarded, as nothing was written to it for too long.");

    /// <inheritdoc/>
    public sealed override async ValueTask DisposeAsync()
    {
        State was;
        lock (gate)
            (was, state) = (state, State.Disposed);
        if (was == State.Disposed)
            return;
        uploads.Leave(this);
        await EndAsync(discard: was != State.Committed && IsStaged);
        GC.SuppressFinalize(this);
    }

    /// <summary>
    /// Discards what is in memory alone, unless it was written to of late or just is: its owner cannot commit it then.
    /// </summary>
    internal bool TryDiscard(TimeSpan idle)
    {
        lock (gate)
        {
            if (state != State.Writing || IsStaged || uploads.Time.GetElapsedTime(written) < idle)
                return false;
            state = State.Discarded;
            return true;
        }
    }

    /// <summary>Gives back what the writer holds.</summary>
    /// <param name="discard">
    /// Whether to discard what was staged, too; a storage that does not answer is no error.
    /// </param>
    protected abstract ValueTask EndAsync(bool discard);

    /// <summary>
    /// Begins a write or the commit: until it is said to have succeeded, the writer counts as failed.
    /// </summary>
    protected void Begin(CancellationToken cancellationToken)
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(state == State.Disposed, this);
            if (state == State.Discarded)
                throw Discarded();
            if (state != State.Writing)
                throw new InvalidOperationException(
                    "This writer is busy, has been committed or has failed: it can only be disposed.");
            cancellationToken.ThrowIfCancellationRequested();
            state = State.Busy;
        }
    }

    /// <summary>A write has succeeded.</summary>
    protected void Written() => End(State.Writing);

    /// <summary>The commit has succeeded.</summary>
    protected void Committed() => End(State.Committed);

    private void End(State next)
    {
        lock (gate)
        {
            if (state == State.Busy)
                (state, written) = (next, uploads.Time.GetTimestamp());
        }
    }
}
