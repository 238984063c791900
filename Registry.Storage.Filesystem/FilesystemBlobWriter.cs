using Microsoft.Win32.SafeHandles;
using Registry.Core.Storage;

namespace Registry.Storage.Filesystem;

/// <summary>
/// Writes a blob to a staged file. The commit renames it into place, and replaces an existing blob with the same bytes.
/// </summary>
internal sealed class FilesystemBlobWriter(BlobFiles files, StoreKey scope, StagedFile staged) : BlobWriter
{
    /// <summary>
    /// Above this length, in bytes, the data is flushed before the upload time is taken. Otherwise one flush covers
    /// data and time. A long flush would make the upload time differ from the commit.
    /// </summary>
    private const long SeparateFlushBytes = 1024 * 1024;

    /// <summary>The number of bytes that are copied between two checks for cancellation: 16 MiB.</summary>
    private const long CopyBytes = 16 * 1024 * 1024;

    private State state;

    private enum State
    {
        Writing,
        Failed,
        Committed,
        Disposed,
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        RequireState(State.Writing);
        cancellationToken.ThrowIfCancellationRequested();
        state = State.Failed;
        await files.Volume.Threads.RunAsync(() => staged.Append(bytes.Span));
        state = State.Writing;
    }

    /// <summary>Writes the bytes of another blob, instead of <see cref="WriteAsync"/>.</summary>
    /// <param name="source">The file of the other blob.</param>
    /// <param name="path">Its path, for error messages.</param>
    /// <param name="length">Its length in bytes.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public async ValueTask CopyAsync(
        SafeFileHandle source, string path, long length, CancellationToken cancellationToken)
    {
        RequireState(State.Writing);
        state = State.Failed;
        while (staged.Length < length)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var copied = 0L;
            await files.Volume.Threads.RunAsync(
                () => copied = staged.AppendFrom(source, Math.Min(CopyBytes, length - staged.Length)));
            if (copied == 0)
                throw new StorageException(
                    StorageFault.Corrupt, $"'{path}' ended at byte {staged.Length}, before its length of {length}.");
        }

        state = State.Writing;
    }

    public override async ValueTask<CommittedBlob> CommitAsync(
        Digest digest, DateTimeOffset? uploadedAt, CancellationToken cancellationToken)
    {
        RequireState(State.Writing);
        cancellationToken.ThrowIfCancellationRequested();
        state = State.Failed;
        var key = new BlobKey(scope, digest);
        var path = files.PathOf(key);

        var (uploaded, isNew) = (0L, false);
        var entry = new EntryChange(files.FileTree, path);
        await files.Volume.ChangeAsync(key.Value, entry, Seal, Place, cancellationToken);
        state = State.Committed;
        return new CommittedBlob(BlobFiles.Describe(key, staged.Length, uploaded, staged.Ticks), isNew);

        void Seal()
        {
            if (staged.Length > SeparateFlushBytes)
                staged.Flush();
            staged.Seal(UploadedTimes.RoundUp(files.Volume.Now));
        }

        bool Place(Stripe stripe)
        {
            (uploaded, isNew) = Replace(stripe, entry, key, path, uploadedAt);
            return true;
        }
    }

    public override async ValueTask DisposeAsync()
    {
        if (state == State.Disposed)
            return;
        state = State.Disposed;
        await files.Volume.DiscardAsync(staged);
    }

    /// <summary>
    /// Chooses the revision and the upload time, and renames the file into place. Requires the lock.
    /// </summary>
    /// <returns>The upload time, and whether the blob is new.</returns>
    private (long Uploaded, bool IsNew) Replace(
        Stripe stripe, EntryChange entry, BlobKey key, string path, DateTimeOffset? uploadedAt)
    {
        var current = files.Stat(key);
        var times = UploadedTimes.Next(files.Volume, stripe, path, staged.Ticks, current, uploadedAt);
        if (times.Revision != staged.Ticks)
            staged.Seal(times.Revision);
        entry.Place(staged);
        if (times.LeavesFile)
            UploadedTimes.Remove(path);
        return (times.Uploaded, current is null);
    }

    private void RequireState(State expected)
    {
        ObjectDisposedException.ThrowIf(state == State.Disposed, this);
        if (state != expected)
            throw new InvalidOperationException(
                "The writer has been committed or has failed: it can only be disposed.");
    }
}
