using System.Runtime.CompilerServices;
using Microsoft.Win32.SafeHandles;
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

    public async ValueTask<CommittedBlob?> TouchAsync(
        BlobKey key, DateTimeOffset? uploadedAt, CancellationToken cancellationToken)
    {
        var path = files.PathOf(key);
        cancellationToken.ThrowIfCancellationRequested();
        volume.Open();
        if (files.Stat(key) is null)
            return null;
        SafeFileHandle? file = null;
        BlobInfo? touched = null;
        var entry = new EntryChange(files.FileTree, path);
        try
        {
            await volume.ChangeAsync(key.Value, entry, prepare: null, TryTouch, cancellationToken);
        }
        finally
        {
            if (file is not null)
                volume.Close(file);
        }

        return touched is null ? null : new CommittedBlob(touched, IsNew: false);

        bool TryTouch(Stripe stripe)
        {
            if (files.Stat(key) is not { } current || (file = Disk.TryOpenRead(path)) is null)
                return false;
            var now = UploadedTimes.RoundUp(volume.Now);
            var times = UploadedTimes.Next(volume, stripe, path, now, current, uploadedAt);
            entry.Touch(file, times.Revision);
            if (times.LeavesFile)
                UploadedTimes.Remove(path);
            touched = BlobFiles.Describe(key, current.Length, times.Uploaded, times.Revision);
            return true;
        }
    }

    public async ValueTask<CommittedBlob?> CopyAsync(
        BlobKey source, StoreKey scope, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        _ = scope.Value;
        volume.Open();
        var path = files.PathOf(source);
        var file = Disk.TryOpenRead(path);
        if (file is null)
        {
            files.FileTree.ThrowIfMissing();
            return null;
        }

        try
        {
            if (await TouchAsync(source with { Scope = scope }, uploadedAt: null, cancellationToken) is { } existing)
                return existing;
            var length = Disk.Stat(file, path).Length;
            StagedFile? staged = null;
            await volume.Threads.RunAsync(() => staged = volume.Stage());
            await using var writer = new FilesystemBlobWriter(files, scope, staged!);
            await writer.CopyAsync(file, path, length, cancellationToken);
            return await writer.CommitAsync(source.Digest, uploadedAt: null, cancellationToken);
        }
        finally
        {
            volume.Close(file);
        }
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
