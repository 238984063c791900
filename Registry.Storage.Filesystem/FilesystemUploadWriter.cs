using Registry.Core.Storage;

namespace Registry.Storage.Filesystem;

/// <summary>Appends to an upload by writing a separate file.</summary>
/// <param name="volume">The volume.</param>
/// <param name="folders">The folders of uploads.</param>
/// <param name="name">The name of the upload's folder.</param>
/// <param name="offset">The length of the upload before the append.</param>
/// <param name="staged">The file.</param>
internal sealed class FilesystemUploadWriter(
    FilesystemVolume volume, UploadFolders folders, string name, long offset, StagedFile staged) : StagedUploadWriter
{
    protected override ValueTask WriteCoreAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
        new(volume.Threads.RunAsync(() => staged.Append(bytes.Span)));

    protected override async ValueTask<long?> CompleteCoreAsync(CancellationToken cancellationToken)
    {
        using var stripe = await volume.Locks.AcquireAsync(UploadFolders.LockOf(name), cancellationToken);
        var added = false;
        await volume.Threads.RunAsync(() => added = folders.TryAdd(name, offset, staged));
        return added ? offset + staged.Length : null;
    }

    protected override ValueTask DisposeCoreAsync() => new(volume.DiscardAsync(staged));
}
