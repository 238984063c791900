namespace Registry.Core.Storage;

/// <summary>An upload writer that tracks whether it can be used. A backend implements the storage part alone.</summary>
public abstract class StagedUploadWriter : UploadWriter
{
    private readonly WriterState state = new();

    /// <inheritdoc/>
    public sealed override async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        state.Begin(this, cancellationToken);
        await WriteCoreAsync(bytes, cancellationToken);
        state.Reopen();
    }

    /// <inheritdoc/>
    public sealed override async ValueTask<long?> CompleteAsync(CancellationToken cancellationToken)
    {
        state.Begin(this, cancellationToken);
        return await CompleteCoreAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public sealed override async ValueTask DisposeAsync()
    {
        if (state.TryDispose())
            await DisposeCoreAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>Implements <see cref="UploadWriter.WriteAsync"/>.</summary>
    protected abstract ValueTask WriteCoreAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken);

    /// <summary>Implements <see cref="UploadWriter.CompleteAsync"/>. Called once.</summary>
    protected abstract ValueTask<long?> CompleteCoreAsync(CancellationToken cancellationToken);

    /// <summary>Implements <see cref="UploadWriter.DisposeAsync"/>. Called once.</summary>
    protected abstract ValueTask DisposeCoreAsync();
}
