using Microsoft.Win32.SafeHandles;
using Registry.Core.Content;
using Registry.Core.Storage;

namespace Registry.Storage.Filesystem;

/// <summary>
/// Exactly so many bytes of an open file, read forward; a file that turns out shorter is an exception, never an early
/// end.
/// </summary>
/// <remarks>
/// Reads are direct: they come from the page cache as a rule, where handing them to another thread costs more than they
/// do.
/// </remarks>
internal sealed class BlobContent(FilesystemVolume volume, SafeFileHandle file, string path, long offset, long length)
    : ForwardOnlyStream(length)
{
    private bool closed;

    public override bool CanRead => !closed;

    public override int Read(Span<byte> buffer)
    {
        ObjectDisposedException.ThrowIf(closed, this);
        var wanted = (int)Math.Min(buffer.Length, length - Consumed);
        if (wanted == 0)
            return 0;
        var read = Disk.Read(file, buffer[..wanted], offset + Consumed, path);
        if (read < wanted)
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
