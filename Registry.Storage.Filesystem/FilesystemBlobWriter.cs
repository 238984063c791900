using Registry.Core.Storage;

namespace Registry.Storage.Filesystem;

/// <summary>
/// A blob in the making: a staged file that the commit renames into place, over one with the same bytes where there is
/// one.
/// </summary>
internal sealed class FilesystemBlobWriter(BlobFiles files, StoreKey scope, StagedFile staged) : BlobWriter
{
    /// <summary>
    /// Above this many bytes the data is flushed before the time of the commit is taken, as that may last: the time of
    /// the upload should be that of the commit. Below, one flush does both.
    /// </summary>
    private const long FlushApart = 1024 * 1024;

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
        Demand(State.Writing);
        cancellationToken.ThrowIfCancellationRequested();
        state = State.Failed;
        await files.Volume.Threads.RunAsync(() => staged.Append(bytes.Span));
        state = State.Writing;
    }

    public override async ValueTask<CommittedBlob> CommitAsync(
        Digest digest, DateTimeOffset? uploadedAt, CancellationToken cancellationToken)
    {
        Demand(State.Writing);
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
            if (staged.Length > FlushApart)
                staged.Flush();
            staged.Seal(UploadedTimes.Up(files.Volume.Now));
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
    /// Under the lock: chooses both times, and renames. Returns when the blob counts as uploaded, and whether there was
    /// none before.
    /// </summary>
    private (long Uploaded, bool IsNew) Replace(
        Stripe stripe, EntryChange entry, BlobKey key, string path, DateTimeOffset? uploadedAt)
    {
        var current = files.Stat(key);
        var last = current is null ? (long?)null : BlobFiles.TicksOf(current.Revision);
        var wasApart = last is { } ticks && UploadedTimes.IsApart(ticks);
        var revision = UploadedTimes.Up(stripe.Next(staged.Ticks, last));
        var uploaded = uploadedAt is { } given
            ? UploadedTimes.Down(given.UtcTicks)
            : Math.Max(revision, current is null ? 0 : current.UploadedAt.UtcTicks + TimeSpan.TicksPerMicrosecond);
        var apart = uploaded != revision;
        if (apart)
        {
            revision++;
            UploadedTimes.Write(
                files.Volume,
                path,
                (revision, uploaded),
                wasApart ? (last!.Value, current!.UploadedAt.UtcTicks) : null);
        }

        if (revision != staged.Ticks)
            staged.Seal(revision);
        entry.Place(staged);
        if (wasApart && !apart)
            UploadedTimes.Remove(path);
        return (uploaded, current is null);
    }

    private void Demand(State expected)
    {
        ObjectDisposedException.ThrowIf(state == State.Disposed, this);
        if (state != expected)
            throw new InvalidOperationException(
                "This writer has been committed or has failed: it can only be disposed.");
    }
}
