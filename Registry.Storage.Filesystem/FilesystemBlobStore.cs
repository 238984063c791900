using System.Runtime.CompilerServices;
using Registry.Core.Storage;

namespace Registry.Storage.Filesystem;

/// <summary>
/// Stores blobs as files. Placed files are replaced but never written to, so a reader keeps the file that it opened.
/// </summary>
internal sealed class FilesystemBlobStore(FilesystemVolume volume) : IBlobStore
{
    private const int MaxAttempts = 100;

    private readonly BlobFiles files = new(volume);
    private readonly FileTreeWalk walk =
        new(volume.Blobs, name => name[0] == BlobKey.Mark && Digest.TryParse(name[1..], out _) ? name : null);

    public async ValueTask<BlobWriter> CreateAsync(StoreKey scope, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        _ = scope.Value;
        volume.Open();
        StagedFile? staged = null;
        await volume.Threads.RunAsync(() => staged = volume.Stage());
        return new FilesystemBlobWriter(files, scope, staged!);
    }

    public ValueTask<BlobReader?> OpenAsync(BlobKey key, ByteRange range, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        volume.OpenForReading();
        var path = files.PathOf(key);
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            var file = Disk.TryOpenRead(path);
            if (file is null)
            {
                files.FileTree.ThrowIfMissing();
                return ValueTask.FromResult<BlobReader?>(null);
            }

            try
            {
                if (BlobFiles.TryDescribe(key, path, Disk.Stat(file, path)) is not { } info)
                    continue;
                var length = range.LengthWithin(info.Length);
                var content = new BlobContent(volume, file, path, range.Offset, length);
                file = null;
                return ValueTask.FromResult<BlobReader?>(new BlobReader(info, length, content));
            }
            finally
            {
                if (file is not null)
                    volume.Close(file);
            }
        }

        throw BlobFiles.Unstable(path);
    }

    public ValueTask<BlobInfo?> StatAsync(BlobKey key, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        volume.OpenForReading();
        return ValueTask.FromResult(files.Stat(key));
    }

    public async ValueTask<bool> TryDeleteAsync(
        BlobKey key, Precondition precondition, CancellationToken cancellationToken)
    {
        precondition.ThrowIfAbsent();
        var path = files.PathOf(key);
        cancellationToken.ThrowIfCancellationRequested();
        volume.Open();
        if (!files.FileTree.IsUnflushed(path) && !Holds(files.FileTree.FindTicks(path)))
            return false;

        var entry = new EntryChange(files.FileTree, path);
        return await volume.ChangeAsync(key.Value, entry, prepare: null, TryRemove, cancellationToken);

        bool TryRemove(Stripe stripe)
        {
            var current = files.FileTree.FindTicks(path);
            if (current is null && files.FileTree.IsUnflushed(path))
                entry.RepeatRemoval();
            if (!Holds(current))
                return false;
            stripe.RecordDeletion(current!.Value);
            if (!entry.TryRemove())
                return false;
            UploadedTimes.Remove(path);
            return true;
        }

        bool Holds(long? ticks) => ticks is { } known && precondition.HoldsFor(FileRevision.Of(known));
    }

    public async IAsyncEnumerable<BlobInfo> ListAsync(
        StoreKey scope, ScopeDepth depth, BlobKey? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await ValueTask.CompletedTask;
        cancellationToken.ThrowIfCancellationRequested();
        volume.OpenForReading();
        foreach (var name in walk.Below(scope, deep: depth == ScopeDepth.Subtree, after?.Value, cancellationToken))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (BlobKey.TryParse(name, out var key) && files.Stat(key) is { } info)
                yield return info;
        }
    }

    public async ValueTask<int> DiscardAbandonedAsync(TimeSpan idle, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(idle, TimeSpan.Zero);
        cancellationToken.ThrowIfCancellationRequested();
        volume.OpenForReading();
        var discarded = 0;
        await volume.Threads.RunAsync(() => discarded = volume.DiscardStaged(idle, cancellationToken));
        return discarded;
    }
}
