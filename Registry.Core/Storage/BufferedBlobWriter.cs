namespace Registry.Core.Storage;

/// <summary>
/// A writer for a backend that stores a small blob whole at its commit. Such a blob is in memory until then, so an
/// abandoned one is discarded here and not in the storage.
/// </summary>
public abstract class BufferedBlobWriter : BlobWriter
{
    private readonly BufferedUploads uploads;
    private readonly Lock gate = new();
    private long lastWritten;
    private State state;

    /// <param name="uploads">The uploads of the backend. The writer belongs to them until it is disposed.</param>
    protected BufferedBlobWriter(BufferedUploads uploads)
    {
        (this.uploads, lastWritten) = (uploads, uploads.Time.GetTimestamp());
        uploads.Add(this);
    }

    private enum State
    {
        Writing,
        Busy,
        Discarded,
        Committed,
        Disposed,
    }

    /// <summary>Whether the storage holds, or may hold, bytes of this blob.</summary>
    protected abstract bool IsStaged { get; }

    /// <summary>Returns the error for using a writer whose bytes have been discarded as abandoned.</summary>
    public static StorageException Discarded() =>
        new(StorageFault.Unavailable, "The upload was discarded because nothing was written to it for too long.");

    /// <inheritdoc/>
    public sealed override async ValueTask DisposeAsync()
    {
        State previous;
        lock (gate)
            (previous, state) = (state, State.Disposed);
        if (previous == State.Disposed)
            return;
        uploads.Remove(this);
        await EndAsync(discard: previous != State.Committed && IsStaged);
        GC.SuppressFinalize(this);
    }

    /// <summary>
    /// Discards bytes that are only in memory, unless the writer is busy or was written to recently. The writer can
    /// then no longer commit.
    /// </summary>
    internal bool TryDiscard(TimeSpan idle)
    {
        lock (gate)
        {
            if (state != State.Writing || IsStaged || uploads.Time.GetElapsedTime(lastWritten) < idle)
                return false;
            state = State.Discarded;
            return true;
        }
    }

    /// <summary>Releases the writer's resources.</summary>
    /// <param name="discard">
    /// Whether to discard the staged bytes as well. An unavailable storage is not an error.
    /// </param>
    protected abstract ValueTask EndAsync(bool discard);

    /// <summary>
    /// Begins a write or the commit. The writer counts as failed until <see cref="Written"/> or <see cref="Committed"/>
    /// is called.
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

    /// <summary>Completes a write.</summary>
    protected void Written() => End(State.Writing);

    /// <summary>Completes the commit.</summary>
    protected void Committed() => End(State.Committed);

    private void End(State next)
    {
        lock (gate)
        {
            if (state == State.Busy)
                (state, lastWritten) = (next, uploads.Time.GetTimestamp());
        }
    }
}
