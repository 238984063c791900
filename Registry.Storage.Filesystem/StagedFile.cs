using Microsoft.Win32.SafeHandles;

namespace Registry.Storage.Filesystem;

/// <summary>A file in the making: written and made durable under a name of its own, then renamed into its place. For one caller at a time.</summary>
internal sealed class StagedFile : IDisposable
{
    private readonly SafeFileHandle file;

    public StagedFile(string path)
    {
        Path = path;
        file = Disk.CreateNew(path);
    }

    public string Path { get; }

    /// <summary>Whether it has been renamed into its place.</summary>
    public bool IsPlaced { get; private set; }

    /// <summary>Bytes written so far.</summary>
    public long Length { get; private set; }

    /// <summary>The modification time that was last sealed in, in 100 ns since the year 1.</summary>
    public long Ticks { get; private set; }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        Disk.Write(file, bytes, Length, Path);
        Length += bytes.Length;
    }

    /// <summary>Makes durable what was written so far.</summary>
    public void Flush() => Disk.Flush(file, Path);

    /// <summary>Sets the modification time, and makes it and all bytes durable. To seal again costs little: only the time has changed.</summary>
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
        file.Dispose();

        // Whatever refuses this, the file is reclaimed as abandoned later; the caller has an answer or a better error already.
        if (!IsPlaced)
            Native.Unlink(Path);
    }
}
