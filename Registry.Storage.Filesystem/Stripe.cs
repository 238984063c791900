using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;
using Registry.Core.Storage;

namespace Registry.Storage.Filesystem;

/// <summary>
/// A stripe that this writer holds until it disposes it. Its file keeps the highest revision that was deleted under it:
/// a key that comes back begins above that, even when the clock has been set back. (What is there forces its successor
/// forward by itself.)
/// </summary>
internal sealed class Stripe(int index, SafeFileHandle file, string path, SemaphoreSlim gate) : IDisposable
{
    /// <summary>Which of the stripes it is.</summary>
    public int Index => index;

    /// <summary>A revision above every one that the key ever had, and the present where that is higher.</summary>
    /// <param name="present">100 ns since the year 1.</param>
    /// <param name="current">The revision of what is there; null for nothing.</param>
    public long Next(long present, long? current)
    {
        if (current is not { } floor)
        {
            // Room for the delete that comes one day is taken now: on a full disk it must not fail for eight bytes.
            floor = HighestDeleted(out var isEmpty);
            if (isEmpty)
                Write(floor);
        }

        return Math.Max(present, floor + 1);
    }

    /// <summary>Notes, durably, a revision that is about to be deleted.</summary>
    public void Retire(long ticks)
    {
        // Written also when it is there: the one who wrote it may not have come to its flush, or that may have failed,
        // after which only what is written again is flushed again.
        var highest = HighestDeleted(out var isEmpty);
        Note(Math.Max(ticks, highest), isEmpty);
        Disk.Flush(file, path);
    }

    public void Dispose()
    {
        file.Dispose();
        gate.Release();
    }

    /// <summary>
    /// The highest revision that was deleted. A file without content tells it by its modification time.
    /// </summary>
    private long HighestDeleted(out bool isEmpty)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];

        // A crash may leave the file short or zero: nothing was deleted under it, as whoever deletes flushes first.
        isEmpty = Disk.Read(file, bytes, 0, path) < bytes.Length;
        var ticks = isEmpty ? Disk.Stat(file, path).Ticks : BinaryPrimitives.ReadInt64LittleEndian(bytes);
        return ticks >= 0 && ticks < DateTime.MaxValue.Ticks
            ? ticks
            : throw new StorageException(
                StorageFault.Corrupt, $"The lock file '{path}' holds no revision: it is damaged or not ours.");
    }

    private void Note(long ticks, bool isEmpty)
    {
        try
        {
            Write(ticks);
        }
        catch (StorageException full) when (full.Kind == StorageFault.Full && isEmpty)
        {
            // The file was lost, as in a back-up without it, and came back on a full disk: its time needs no room.
            Disk.SetModified(file, ticks, path);
        }
    }

    private void Write(long ticks)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, ticks);
        Disk.Write(file, bytes, 0, path);
    }
}
