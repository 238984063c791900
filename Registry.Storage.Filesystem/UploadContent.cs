using Microsoft.Win32.SafeHandles;
using Registry.Core.Content;
using Registry.Core.Storage;

namespace Registry.Storage.Filesystem;

/// <summary>
/// Reads the parts of an upload, one open file at a time. It throws if a part was discarded or is shorter than it was,
/// and never ends early.
/// </summary>
/// <param name="volume">The volume.</param>
/// <param name="folder">The folder of the upload.</param>
/// <param name="parts">The parts, in order and without gaps.</param>
internal sealed class UploadContent(FilesystemVolume volume, string folder, IReadOnlyList<UploadPart> parts)
    : FixedLengthStream(UploadPart.End(parts))
{
    private SafeFileHandle? file;
    private int current = -1;
    private bool closed;

    public override bool CanRead => !closed;

    /// <summary>Reads synchronously, as <see cref="BlobContent"/> does.</summary>
    protected override ValueTask<int> ReadCoreAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (current < 0 || Consumed == parts[current].Offset + parts[current].Length)
            OpenNext();
        var part = parts[current];
        var within = Consumed - part.Offset;
        var wanted = (int)Math.Min(buffer.Length, part.Length - within);
        var path = PathOf(part);
        return Disk.Read(file!, buffer.Span[..wanted], within, path) == wanted
            ? ValueTask.FromResult(wanted)
            : throw new StorageException(StorageFault.Corrupt, $"'{path}' is shorter than its name says.");
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && !closed)
        {
            closed = true;
            CloseFile();
        }

        base.Dispose(disposing);
    }

    private void OpenNext()
    {
        CloseFile();
        var path = PathOf(parts[++current]);
        file = Disk.TryOpenRead(path) ?? throw new StorageException(
            StorageFault.Unavailable, $"The upload was discarded while it was read: '{path}' is gone.");
    }

    private void CloseFile()
    {
        if (file is not null)
            volume.Close(file);
        file = null;
    }

    private string PathOf(UploadPart part) => $"{folder}/{UploadFolders.PartOf(part.Offset, part.Length)}";
}
