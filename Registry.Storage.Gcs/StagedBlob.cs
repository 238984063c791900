using Microsoft.Win32.SafeHandles;
using Registry.Core.Storage;

namespace Registry.Storage.Gcs;

/// <summary>
/// A staged blob: a local file, locked by its writer, and the checksum of its content. Disposing deletes the file.
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

    /// <summary>The path of the file.</summary>
    public string Path { get; }

    /// <summary>The number of bytes written so far.</summary>
    public long Length { get; private set; }

    /// <summary>The checksum of all bytes written so far.</summary>
    public string Crc32C => crc.Text;

    /// <summary>Creates and locks a new file. Returns null when another process reclaimed it in between.</summary>
    /// <exception cref="IOException">The file cannot be created.</exception>
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
        catch (IOException exception) when (GcsStaging.IsLocked(exception))
        {
            return null;
        }
        finally
        {
            file?.Dispose();
        }
    }

    /// <summary>Appends bytes.</summary>
    /// <exception cref="StorageException">The disk failed.</exception>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        try
        {
            RandomAccess.Write(file, bytes, Length);
        }
        catch (Exception exception)
            when (exception is IOException or UnauthorizedAccessException or ArgumentOutOfRangeException)
        {
            throw GcsStaging.FaultOf(Path, exception);
        }

        crc.Append(bytes);
        Length += bytes.Length;
    }

    /// <summary>Reads from <paramref name="offset"/>. Returns 0 at the end.</summary>
    public int Read(Span<byte> buffer, long offset) => RandomAccess.Read(file, buffer, offset);

    /// <summary>
    /// Opens a seekable stream over all bytes written so far, with a buffer of <see cref="StagedContent.BufferBytes"/>.
    /// Disposing it does not affect the blob.
    /// </summary>
    /// <remarks>
    /// A stream closes its handle, but the handle of the blob holds the lock of the file. So the stream gets a second,
    /// non-owning handle. Dispose the stream before the blob; otherwise the handle number could refer to another file.
    /// </remarks>
    public Stream OpenRead() => new FileStream(
        new SafeFileHandle(file.DangerousGetHandle(), ownsHandle: false), FileAccess.Read, StagedContent.BufferBytes);

    /// <summary>Checks that the file still exists.</summary>
    /// <exception cref="StorageException">The file was discarded as abandoned.</exception>
    public void RequireFile()
    {
        if (!File.Exists(Path))
            throw new StorageException(
                StorageFault.Unavailable, $"The upload staged in '{Path}' has been discarded as abandoned.");
    }

    public void Dispose()
    {
        try
        {
            File.Delete(Path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The caller already has a result or a better error. The file is reclaimed as abandoned later.
        }

        file.Dispose();
    }
}
