using Registry.Core.Storage;

namespace Registry.Storage.Filesystem;

/// <summary>Appends to an upload by writing a separate file.</summary>
/// <param name="volume">The volume.</param>
/// <param name="folders">The folders of uploads.</param>
/// <param name="name">The name of the upload's folder.</param>
/// <param name="offset">The length of the upload before the append.</param>
/// <param name="staged">The file.</param>
internal sealed class FilesystemUploadWriter(
    FilesystemVolume volume, UploadFolders folders, string name, long offset, StagedFile staged) : UploadWriter
{
    private State state;

    private enum State
    {
        Writing,
        Ended,
        Disposed,
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        Begin(cancellationToken);
        await volume.Threads.RunAsync(() => staged.Append(bytes.Span));
        state = State.Writing;
    }

    public override async ValueTask<long?> CompleteAsync(CancellationToken cancellationToken)
    {
        Begin(cancellationToken);
        using var stripe = await volume.Locks.AcquireAsync(UploadFolders.LockOf(name), cancellationToken);
        var added = false;
        await volume.Threads.RunAsync(() => added = folders.TryAdd(name, offset, staged));
        return added ? offset + staged.Length : null;
    }

    public override async ValueTask DisposeAsync()
    {
        if (state == State.Disposed)
            return;
        state = State.Disposed;
        await volume.DiscardAsync(staged);
    }

    /// <summary>Begins a write or the completion. The writer counts as failed until the write has succeeded.</summary>
    private void Begin(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(state == State.Disposed, this);
        if (state != State.Writing)
            throw new InvalidOperationException(
                "The writer has been completed or has failed: it can only be disposed.");
        cancellationToken.ThrowIfCancellationRequested();
        state = State.Ended;
    }
}
