using Microsoft.Win32.SafeHandles;

namespace Registry.Storage.Filesystem;

/// <summary>
/// A file in the making: written and made durable under a name of its own, then renamed into its place. For one caller
/// at a time.
/// </summary>
/// <remarks>
/// Its writer holds the lock of the file. The kernel frees it when the process dies, so that others can tell what is
/// abandoned.
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

    /// <summary>Whether it has been renamed into its place.</summary>
    public bool IsPlaced { get; private set; }

    /// <summary>Bytes written so far.</summary>
    public long Length { get; private set; }

    /// <summary>The modification time that was last sealed in, in 100 ns since the year 1.</summary>
    public long Ticks { get; private set; }

    /// <summary>
    /// Creates and locks a file that must not exist yet; null when <see cref="TryReclaim"/> came between the two.
    /// </summary>
    public static StagedFile? TryCreate(string path)
    {
        SafeFileHandle? file = Disk.CreateNew(path);
        try
        {
            // Whoever reclaims a file unlinks it under its lock: one that is locked and still there is ours.
            if (!Disk.TryLock(file, path) || Disk.TryStat(path) is null)
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

    /// <summary>Deletes a file whose writer is gone; false when somebody writes it, or it is not there.</summary>
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

    /// <summary>Makes durable what was written so far.</summary>
    public void Flush() => Disk.Flush(file, Path);

    /// <summary>
    /// Sets the modification time, and makes it and all bytes durable. To seal again costs little: only the time has
    /// changed.
    /// </summary>
    public void Seal(long ticks)
    {
        Disk.SetModified(file, ticks, Path);
        Disk.Flush(file, Path);
        Ticks = ticks;
    }

    /// <summary>The file is in its place now: nothing is left to do, and disposing leaves it there.</summary>
    public void Placed()
    {
        IsPlaced = true;
        file.Dispose();
    }

    /// <summary>Discards the file unless it was placed.</summary>
    public void Dispose()
    {
        // Whatever refuses this, the file is reclaimed as abandoned later; the caller has an answer or a better error
        // already.
        if (!IsPlaced)
            Native.Unlink(Path);
        file.Dispose();
    }
}
