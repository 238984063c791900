using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;
using Registry.Core.Storage;

namespace Registry.Storage.Filesystem;

/// <summary>
/// A stripe that a writer holds until it disposes it. Its file stores the highest revision deleted under it: the first
/// revision of a key that is created again is higher, even if the clock was set back. (The revision of an existing file
/// is the lower bound of the next one.)
/// </summary>
internal sealed class Stripe(int index, SafeFileHandle file, string path, SemaphoreSlim gate) : IDisposable
{
    /// <summary>The index of the stripe.</summary>
    public int Index => index;

    /// <summary>
    /// Returns a revision above every earlier one of the key: the current time, unless an earlier revision is higher.
    /// </summary>
    /// <param name="now">The current time, in 100 ns since the year 1.</param>
    /// <param name="current">The revision of the existing file; null when there is none.</param>
    public long NextRevision(long now, long? current)
    {
        if (current is not { } floor)
        {
            // Allocates the eight bytes that a later delete writes, so that it cannot fail on a full disk.
            floor = ReadHighestDeleted(out var isEmpty);
            if (isEmpty)
                Write(floor);
        }

        return Math.Max(now, floor + 1);
    }

    /// <summary>Durably records a revision that is about to be deleted.</summary>
    public void RecordDeletion(long ticks)
    {
        // Writes even an unchanged value: its writer may not have flushed it, or the flush may have failed, and after a
        // failed flush only new writes are flushed.
        var highest = ReadHighestDeleted(out var isEmpty);
        Record(Math.Max(ticks, highest), isEmpty);
        Disk.Flush(file, path);
    }

    public void Dispose()
    {
        file.Dispose();
        gate.Release();
    }

    /// <summary>
    /// Reads the highest deleted revision. For a file without content it is the modification time.
    /// </summary>
    private long ReadHighestDeleted(out bool isEmpty)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];

        // A crash may leave the file short or zero. Nothing was deleted under it then, because a delete flushes first.
        isEmpty = Disk.Read(file, bytes, 0, path) < bytes.Length;
        var ticks = isEmpty ? Disk.Stat(file, path).Ticks : BinaryPrimitives.ReadInt64LittleEndian(bytes);
        return ticks >= 0 && ticks < DateTime.MaxValue.Ticks
            ? ticks
            : throw new StorageException(
                StorageFault.Corrupt, $"The lock file '{path}' is damaged: it contains no revision.");
    }

    private void Record(long ticks, bool isEmpty)
    {
        try
        {
            Write(ticks);
        }
        catch (StorageException exception) when (exception.Kind == StorageFault.Full && isEmpty)
        {
            // The file was lost, for example in a backup without it, and the disk is full: its time needs no space.
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
