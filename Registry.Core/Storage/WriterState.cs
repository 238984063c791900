namespace Registry.Core.Storage;

/// <summary>Whether a writer can be used, as specified by <see cref="BlobWriter"/>. Thread-safe.</summary>
internal sealed class WriterState
{
    private readonly Lock gate = new();
    private Stage stage;

    private enum Stage
    {
        Open,

        /// <summary>Busy, completed or failed.</summary>
        Closed,

        Discarded,
        Disposed,
    }

    /// <summary>Begins a call. The writer counts as failed until <see cref="Reopen"/> is called.</summary>
    public void Begin(object writer, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(stage == Stage.Disposed, writer);
            if (stage == Stage.Discarded)
                throw StagedBlobWriter.Discarded();
            if (stage == Stage.Closed)
                throw new InvalidOperationException(
                    "This writer is busy, has been completed or has failed: it can only be disposed.");
            cancellationToken.ThrowIfCancellationRequested();
            stage = Stage.Closed;
        }
    }

    /// <summary>Ends a successful write. A writer that was disposed during the write stays disposed.</summary>
    public void Reopen()
    {
        lock (gate)
        {
            if (stage == Stage.Closed)
                stage = Stage.Open;
        }
    }

    /// <summary>Marks the bytes as discarded if the writer is open and the condition holds.</summary>
    public bool TryDiscard(Func<bool> condition)
    {
        lock (gate)
        {
            if (stage != Stage.Open || !condition())
                return false;
            stage = Stage.Discarded;
            return true;
        }
    }

    /// <summary>Begins the disposal. Returns false when the writer had been disposed before.</summary>
    public bool TryDispose()
    {
        lock (gate)
        {
            var isFirst = stage != Stage.Disposed;
            stage = Stage.Disposed;
            return isFirst;
        }
    }
}
