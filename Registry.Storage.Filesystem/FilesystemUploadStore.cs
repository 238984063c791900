using Registry.Core.Storage;

namespace Registry.Storage.Filesystem;

/// <summary>
/// Stages an upload in a folder, with a file for each append. An append writes a file under a random name, and its
/// completion renames the file under the lock of the upload.
/// </summary>
internal sealed class FilesystemUploadStore(FilesystemVolume volume) : IUploadStore
{
    private readonly UploadFolders folders = new(volume);

    public async ValueTask<UploadKey> BeginAsync(StoreKey scope, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var upload = UploadKey.Create(scope);
        var name = UploadFolders.NameOf(upload);
        volume.Open();
        await volume.Threads.RunAsync(() => folders.Create(name));
        return upload;
    }

    public ValueTask<long?> LengthAsync(UploadKey upload, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        volume.OpenForReading();
        return ValueTask.FromResult<long?>(
            folders.FindParts(UploadFolders.NameOf(upload), cancellationToken) is { } parts
                ? UploadPart.End(parts)
                : null);
    }

    public async ValueTask<UploadWriter?> AppendAsync(
        UploadKey upload, long offset, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        if (await LengthAsync(upload, cancellationToken) != offset)
            return null;
        volume.Open();
        var name = UploadFolders.NameOf(upload);
        StagedFile? staged = null;
        await volume.Threads.RunAsync(() => staged = folders.TryStage(name));
        return staged is null ? null : new FilesystemUploadWriter(volume, folders, name, offset, staged);
    }

    public ValueTask<Stream?> OpenAsync(UploadKey upload, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        volume.OpenForReading();
        var name = UploadFolders.NameOf(upload);
        return ValueTask.FromResult<Stream?>(
            folders.FindParts(name, cancellationToken) is { } parts
                ? new UploadContent(volume, folders.PathOf(name), parts)
                : null);
    }

    public async ValueTask<bool> DiscardAsync(UploadKey upload, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        volume.Open();
        var discarded = false;
        await volume.Threads.RunAsync(() => discarded = folders.TryDiscard(UploadFolders.NameOf(upload)));
        return discarded;
    }

    public ValueTask<int> CountAsync(int limit, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        volume.OpenForReading();
        return ValueTask.FromResult(folders.Names(cancellationToken).Take(limit).Count());
    }

    public async ValueTask<int> DiscardIdleAsync(TimeSpan idle, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(idle, TimeSpan.Zero);
        cancellationToken.ThrowIfCancellationRequested();
        volume.OpenForReading();
        volume.ThrowIfReadOnly();
        var newest = volume.Now - idle.Ticks;
        string[] names = [];
        await volume.Threads.RunAsync(() =>
        {
            folders.RemoveDiscarded(cancellationToken);
            names = [.. folders.Names(cancellationToken)];
        });
        var discarded = 0;
        foreach (var name in names)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (await TryDiscardIdleAsync(name, newest, cancellationToken))
                discarded++;
        }

        return discarded;
    }

    /// <summary>
    /// Discards an upload if it is idle, or else what dead writers left in it. Under the lock, so that no append is
    /// completed in between.
    /// </summary>
    private async ValueTask<bool> TryDiscardIdleAsync(string name, long newest, CancellationToken cancellationToken)
    {
        var isIdle = false;
        await volume.Threads.RunAsync(() =>
        {
            isIdle = folders.IsIdle(name, newest);
            if (!isIdle)
                folders.RemoveAbandoned(name, newest);
        });
        if (!isIdle)
            return false;
        using var stripe = await volume.Locks.AcquireAsync(UploadFolders.LockOf(name), cancellationToken);
        var discarded = false;
        await volume.Threads.RunAsync(
            () => discarded = folders.IsIdle(name, newest) && folders.TryDiscard(name));
        return discarded;
    }
}
