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
        var last = current is null ? (long?)null : FileRevision.TicksOf(current.Revision);
        var hadTimeFile = last is { } ticks && UploadedTimes.IsInFile(ticks);
        var revision = UploadedTimes.RoundUp(stripe.NextRevision(staged.Ticks, last));
        var uploaded = uploadedAt is { } given
            ? UploadedTimes.RoundDown(given.UtcTicks)
            : Math.Max(revision, current is null ? 0 : current.UploadedAt.UtcTicks + TimeSpan.TicksPerMicrosecond);
        var needsTimeFile = uploaded != revision;
        if (needsTimeFile)
        {
            revision++;
            UploadedTimes.Write(
                files.Volume,
                path,
                (revision, uploaded),
                hadTimeFile ? (last!.Value, current!.UploadedAt.UtcTicks) : null);
        }

        if (revision != staged.Ticks)
            staged.Seal(revision);
        entry.Place(staged);
        if (hadTimeFile && !needsTimeFile)
            UploadedTimes.Remove(path);
        return (uploaded, current is null);
    }

    private void RequireState(State expected)
    {
        ObjectDisposedException.ThrowIf(state == State.Disposed, this);
        if (state != expected)
            throw new InvalidOperationException(
                "The writer has been committed or has failed: it can only be disposed.");
    }
}
