using Microsoft.Win32.SafeHandles;

namespace Registry.Storage.Filesystem;

/// <summary>
/// A staged file: written and made durable under a temporary name, then renamed into place. Not thread-safe.
/// </summary>
/// <remarks>
/// The writer locks the file. The kernel releases the lock when the process dies, so that others can detect abandoned
/// files.
/// </remarks>
internal sealed class StagedFile : IDisposable
{
    private readonly SafeFileHandle file;

    private StagedFile(string path, SafeFileHandle file)
    {
        Path = path;
        this.file = file;
    }

    public string Path { get; }

    /// <summary>Whether the file has been renamed into place.</summary>
    public bool IsPlaced { get; private set; }

    /// <summary>The number of bytes written.</summary>
    public long Length { get; private set; }

    /// <summary>The modification time of the last <see cref="Seal"/>, in 100 ns since the year 1.</summary>
    public long Ticks { get; private set; }

    /// <summary>
    /// Creates and locks a file that must not exist yet; null when <see cref="TryReclaim"/> deleted it in between, or
    /// its folder does not exist.
    /// </summary>
    public static StagedFile? TryCreate(string path)
    {
        var file = Disk.TryCreateNew(path);
        try
        {
            // Files are reclaimed under their lock: a file that is locked and still exists is ours.
            if (file is null || !Disk.TryLock(file, path) || Disk.TryStat(path) is null)
                return null;
            var staged = new StagedFile(path, file);
            file = null;
            return staged;
        }
        finally
        {
            file?.Dispose();
        }
    }

    /// <summary>Deletes an abandoned file; false when it has a writer, or does not exist.</summary>
    public static bool TryReclaim(string path)
    {
        using var file = Disk.TryOpenRead(path);
        return file is not null && Disk.TryLock(file, path) && Disk.TryUnlink(path);
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        Disk.Write(file, bytes, Length, Path);
        Length += bytes.Length;
    }

    /// <summary>Appends the bytes of another file from the offset that this one has reached.</summary>
    /// <returns>The number of bytes: fewer than <paramref name="count"/> when the other file ends before.</returns>
    public long AppendFrom(SafeFileHandle source, long count)
    {
        var copied = Disk.Copy(source, file, Length, count, Path);
        Length += copied;
        return copied;
    }

    /// <summary>Makes the bytes written so far durable.</summary>
    public void Flush() => Disk.Flush(file, Path);

    /// <summary>
    /// Sets the modification time, and makes it and all bytes durable. Sealing again is cheap, because only the time
    /// has changed.
    /// </summary>
    public void Seal(long ticks)
    {
        Disk.SetModified(file, ticks, Path);
        Disk.Flush(file, Path);
        Ticks = ticks;
    }

    /// <summary>Marks the file as renamed into place and closes it, so that disposing does not delete it.</summary>
    public void MarkPlaced()
    {
        IsPlaced = true;
        file.Dispose();
    }

    /// <summary>Discards the file unless it was placed.</summary>
    public void Dispose()
    {
        // A failure is ignored: the file is reclaimed as abandoned later, and the caller has a result or a better
        // error.
        if (!IsPlaced)
            Native.Unlink(Path);
        file.Dispose();
    }
}
