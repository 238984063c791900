using Microsoft.Win32.SafeHandles;
using Registry.Core.Storage;

namespace Registry.Storage.Gcs;

/// <summary>A blob in the making: a local file, and the checksum of what is in it. Disposing deletes it.</summary>
internal sealed class StagedBlob : IDisposable
{
    private readonly string path;
    private readonly SafeFileHandle file;
    private Crc32C crc;

    /// <exception cref="IOException">The file cannot be made.</exception>
    public StagedBlob(string path)
    {
        this.path = path;
        file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
    }

    /// <summary>Bytes written so far.</summary>
    public long Length { get; private set; }

    /// <summary>Of all bytes written so far.</summary>
    public string Crc32C => crc.Text;

    /// <exception cref="StorageException">The disk failed.</exception>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        try
        {
            RandomAccess.Write(file, bytes, Length);
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            throw GcsStaging.FaultOf(path, failed);
        }

        crc.Append(bytes);
        Length += bytes.Length;
    }

    /// <summary>Reads from <paramref name="offset"/> on; 0 at the end.</summary>
    public int Read(Span<byte> buffer, long offset) => RandomAccess.Read(file, buffer, offset);

    /// <exception cref="StorageException">It was discarded as abandoned.</exception>
    public void DemandPresent()
    {
        if (!File.Exists(path))
            throw new StorageException(StorageFault.Unavailable, $"What was staged in '{path}' has been discarded as abandoned.");
    }

    public void Dispose()
    {
        file.Dispose();
        try
        {
            File.Delete(path);
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            // The caller has its answer already, or a better error; the file is reclaimed as abandoned later.
        }
    }
}
