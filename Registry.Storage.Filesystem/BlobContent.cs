using Microsoft.Win32.SafeHandles;
using Registry.Core.Content;
using Registry.Core.Storage;

namespace Registry.Storage.Filesystem;

/// <summary>
/// A forward-only stream over a range of an open file. It throws if the file is shorter than the range, and never ends
/// early.
/// </summary>
/// <remarks>
/// Reads are synchronous. Most are served from the page cache, where switching to another thread costs more than the
/// read.
/// </remarks>
internal sealed class BlobContent(FilesystemVolume volume, SafeFileHandle file, string path, long offset, long length)
    : ForwardOnlyStream(length)
{
    private bool closed;

    public override bool CanRead => !closed;

    public override int Read(Span<byte> buffer)
    {
        ObjectDisposedException.ThrowIf(closed, this);
        var requested = (int)Math.Min(buffer.Length, length - Consumed);
        if (requested == 0)
            return 0;
        var read = Disk.Read(file, buffer[..requested], offset + Consumed, path);
        if (read < requested)
            throw new StorageException(
                StorageFault.Corrupt,
                $"'{path}' ended at byte {offset + Consumed + read}: {length - Consumed - read} are missing.");
        Consumed += read;
        return read;
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(Read(buffer.Span));
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && !closed)
        {
            closed = true;
            volume.Close(file);
        }

        base.Dispose(disposing);
    }
}
