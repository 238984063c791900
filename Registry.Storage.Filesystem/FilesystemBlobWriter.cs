using Microsoft.Win32.SafeHandles;
using Registry.Core.Storage;

namespace Registry.Storage.Filesystem;

/// <summary>
/// Writes a blob to a staged file. The commit renames it into place, and replaces an existing blob with the same bytes.
/// </summary>
internal sealed class FilesystemBlobWriter(BlobFiles files, StoreKey scope, StagedFile staged) : StagedBlobWriter(scope)
{
    /// <summary>
    /// Above this length, in bytes, the data is flushed before the upload time is taken. Otherwise one flush covers
    /// data and time. A long flush would make the upload time differ from the commit.
    /// </summary>
    private const long SeparateFlushBytes = 1024 * 1024;

    /// <summary>The number of bytes that are copied between two checks for cancellation: 16 MiB.</summary>
    private const long CopyBytes = 16 * 1024 * 1024;

    /// <summary>Writes the bytes of another blob, instead of <see cref="BlobWriter.WriteAsync"/>.</summary>
    /// <param name="source">The file of the other blob.</param>
    /// <param name="path">Its path, for error messages.</param>
    /// <param name="length">Its length in bytes.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public async ValueTask CopyAsync(
        SafeFileHandle source, string path, long length, CancellationToken cancellationToken)
    {
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
    }

    protected override ValueTask WriteCoreAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
        new(files.Volume.Threads.RunAsync(() => staged.Append(bytes.Span)));

    protected override async ValueTask<CommittedBlob> CommitCoreAsync(
        BlobKey key, DateTimeOffset? uploadedAt, CancellationToken cancellationToken)
    {
        var path = files.PathOf(key);
        var (uploaded, isNew) = (0L, false);
        var entry = new EntryChange(files.FileTree, path);
        await files.Volume.ChangeAsync(key.Value, entry, Seal, Place, cancellationToken);
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

    protected override ValueTask DisposeCoreAsync() => new(files.Volume.DiscardAsync(staged));

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
}
