using Microsoft.Win32.SafeHandles;
using Registry.Core.Storage;

namespace Registry.Storage.Gcs;

/// <summary>
/// A blob in the making: a local file that its writer holds the lock of, and the checksum of what is in it. Disposing
/// deletes it.
/// </summary>
internal sealed class StagedBlob : IDisposable
{
    private readonly SafeFileHandle file;
    private Crc32C crc;

    private StagedBlob(string path, SafeFileHandle file)
    {
        Path = path;
        this.file = file;
    }

    /// <summary>Where the file is.</summary>
    public string Path { get; }

    /// <summary>Bytes written so far.</summary>
    public long Length { get; private set; }

    /// <summary>Of all bytes written so far.</summary>
    public string Crc32C => crc.Text;

    /// <summary>
    /// Creates and locks a file that must not exist yet; null when another process reclaimed it between the two.
    /// </summary>
    /// <exception cref="IOException">The file cannot be made.</exception>
    public static StagedBlob? TryCreate(string path)
    {
        SafeFileHandle? file = null;
        try
        {
            file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None);
            if (!File.Exists(path))
                return null;
            var staged = new StagedBlob(path, file);
            file = null;
            return staged;
        }
        catch (IOException held) when (GcsStaging.IsLocked(held))
        {
            return null;
        }
        finally
        {
            file?.Dispose();
        }
    }

    /// <exception cref="StorageException">The disk failed.</exception>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        try
        {
            RandomAccess.Write(file, bytes, Length);
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            throw GcsStaging.FaultOf(Path, failed);
        }

        crc.Append(bytes);
        Length += bytes.Length;
    }

    /// <summary>Reads from <paramref name="offset"/> on; 0 at the end.</summary>
    public int Read(Span<byte> buffer, long offset) => RandomAccess.Read(file, buffer, offset);

    /// <summary>
    /// All bytes written so far, for a reader that seeks and reads little at a time: its buffer has
    /// <see cref="StagedContent.BufferBytes"/>. Disposing it leaves the blob alone.
    /// </summary>
    /// <remarks>
    /// A stream closes its handle, and the blob's own keeps the lock of the file. So the stream gets a second one that
    /// owns nothing; the blob is disposed only after the stream, or the number could be that of another file by then.
    /// </remarks>
    public Stream OpenRead() => new FileStream(
        new SafeFileHandle(file.DangerousGetHandle(), ownsHandle: false), FileAccess.Read, StagedContent.BufferBytes);

    /// <exception cref="StorageException">It was discarded as abandoned.</exception>
    public void DemandPresent()
    {
        if (!File.Exists(Path))
            throw new StorageException(
                StorageFault.Unavailable, $"What was staged in '{Path}' has been discarded as abandoned.");
    }

    public void Dispose()
    {
        try
        {
            File.Delete(Path);
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            // The caller has its answer already, or a better error; the file is reclaimed as abandoned later.
        }

        file.Dispose();
    }
}
