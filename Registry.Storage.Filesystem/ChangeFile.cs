using System.Security.Cryptography;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Registry.Core.Storage;

namespace Registry.Storage.Filesystem;

/// <summary>
/// The file <c>changes</c>: which documents were written last, for those who keep a copy of many. A head, a slot for
/// each stripe, and for each a ring of the keys that were written under it. All of it has its room from the start, so
/// that a delete on a full disk needs none; nothing of it is flushed, as nobody who lives on a machine outlives it:
/// after a crash of the machine the next writer makes a new file.
/// </summary>
/// <remarks>
/// A writer holds the lock of its stripe. It appends its key to the ring and announces itself in the slot, renames, and
/// ends in the slot, all before it acknowledges. Should the file have been replaced meanwhile, it says so again in the
/// new one: so whatever was acknowledged is in the file that is in place.
/// </remarks>
internal sealed class ChangeFile(FilesystemVolume volume, string path)
{
    public const int Stripes = StripedLocks.Count;
    public const int RingBytes = 4096;

    /// <summary>A length of two bytes, and the longest key.</summary>
    public const int MaxRecordBytes = sizeof(ushort) + StoreKey.MaxKeyBytes;

    /// <summary>Head and slots: what is read to see whether anything has changed.</summary>
    public const int TopBytes = HeadBytes + (Stripes * ChangeSlot.Size);

    public const int HeadBytes = 64;
    private const int FirstRing = 8192;
    private const int TotalBytes = FirstRing + (Stripes * RingBytes);
    private const string BootId = "/proc/sys/kernel/random/boot_id";

    private readonly byte[] mark = MarkOfThisBoot();
    private volatile OpenFile? read;

    /// <summary>The file that is in place now, to be read; null when there is none that can be relied on.</summary>
    public OpenFile? Find()
    {
        if (Disk.TryIdentify(path) is not { } identity)
            return null;
        if (read is { } known && known.Identity == identity)
            return known;

        // What it replaces may still be in use by another thread: it closes itself.
        return Checked(Disk.TryOpenRead(path)) is { } file ? read = file : null;
    }

    /// <summary>Reads head and slots; false when the file has become shorter, which is damage.</summary>
    public bool TryReadTop(OpenFile file, Span<byte> top) => Disk.Read(file.Handle, top, 0, path) == top.Length;

    public bool TryReadSlot(OpenFile file, int stripe, out ChangeSlot slot)
    {
        Span<byte> bytes = stackalloc byte[ChangeSlot.Size];
        slot = default;
        return Disk.Read(file.Handle, bytes, SlotOffset(stripe), path) == bytes.Length
            && ChangeSlot.TryRead(bytes, out slot);
    }

    /// <summary>The slot of a stripe in what <see cref="TryReadTop"/> read.</summary>
    public static ReadOnlySpan<byte> SlotOf(
        ReadOnlySpan<byte> top, int stripe) => top.Slice(SlotOffset(stripe), ChangeSlot.Size);

    /// <summary>Reads records of a stripe's ring, at most the whole of it.</summary>
    public byte[] ReadRing(OpenFile file, int stripe, long from, long end)
    {
        var bytes = new byte[end - from];
        foreach (var (offset, start, length) in PartsOf(from, bytes.Length))
            Disk.Read(file.Handle, bytes.AsSpan(start, length), RingOffset(stripe) + offset, path);
        return bytes;
    }

    /// <summary>
    /// Announces a write of a key. Disposing what it gives, once the write has happened or failed, ends it. The caller
    /// holds the stripe until then.
    /// </summary>
    public ChangeMark Announce(int stripe, string key)
    {
        Span<byte> record = stackalloc byte[MaxRecordBytes];
        var length = sizeof(ushort) + Encoding.ASCII.GetBytes(key, record[sizeof(ushort)..]);
        BitConverter.TryWriteBytes(record, (ushort)(length - sizeof(ushort)));
        record = record[..length];
        while (true)
        {
            var file = Checked(Disk.TryOpenReadWrite(path));
            if (file is null || !TryReadSlot(file, stripe, out var slot))
            {
                file?.Handle.Dispose();
                if (TryReplace())
                    continue;

                // Without a file whoever keeps a copy lists everything, so this write need not be told.
                Disk.TryUnlink(path);
                return new ChangeMark(this, null, stripe, key, default);
            }

            // Many writes of one key in a row need one record.
            var isLast = slot.LastLength == length
                && ReadRing(file, stripe, slot.LastStart, slot.End).AsSpan().SequenceEqual(record);
            if (!isLast)
                foreach (var (offset, start, part) in PartsOf(slot.End, length))
                    Disk.Write(file.Handle, record.Slice(start, part), RingOffset(stripe) + offset, path);
            slot = slot.Announced(isLast ? 0 : length);
            WriteSlot(file, stripe, slot);
            return new ChangeMark(this, file, stripe, key, slot);
        }
    }

    /// <summary>Ends what was announced; in the file that is in place, whichever that is by now.</summary>
    internal void End(ChangeMark mark)
    {
        if (mark.File is not { } file)
        {
            if (Find() is not null)
                Announce(mark.Stripe, mark.Key).Dispose();
            return;
        }

        using var handle = file.Handle;
        WriteSlot(file, mark.Stripe, mark.Slot.Ended());
        if (Disk.TryIdentify(path) != file.Identity)
            Announce(mark.Stripe, mark.Key).Dispose();
    }

    private void WriteSlot(OpenFile file, int stripe, ChangeSlot slot)
    {
        Span<byte> bytes = stackalloc byte[ChangeSlot.Size];
        slot.Write(bytes);
        Disk.Write(file.Handle, bytes, SlotOffset(stripe), path);
    }

    /// <summary>
    /// Puts a new file in place: nobody knows a moment in it, so whoever keeps a copy lists again. False when there is
    /// no room for it.
    /// </summary>
    private bool TryReplace()
    {
        try
        {
            Replace();
            return true;
        }
        catch (StorageException full) when (full.Kind == StorageFault.Full)
        {
            return false;
        }
    }

    private void Replace()
    {
        var content = new byte[TotalBytes];
        mark.CopyTo(content, 0);
        for (var stripe = 0; stripe < Stripes; stripe++)
            default(ChangeSlot).Write(content.AsSpan(SlotOffset(stripe)));
        using var staged = volume.Stage();
        staged.Append(content);
        if (!Disk.TryRename(staged.Path, path))
            throw FilesystemVolume.Gone(path);
        staged.Placed();
    }

    /// <summary>Null, and closed, where it is none of this start of the machine.</summary>
    private OpenFile? Checked(SafeFileHandle? file)
    {
        Span<byte> head = stackalloc byte[HeadBytes];
        if (file is null)
            return null;
        if (Disk.Read(file, head, 0, path) == HeadBytes && head.StartsWith(mark))
            return new OpenFile(file, Disk.Identify(file, path));
        file.Dispose();
        return null;
    }

    /// <summary>What a file begins with that was made since the machine was started.</summary>
    private static byte[] MarkOfThisBoot()
    {
        var boot = File.Exists(BootId) ? File.ReadAllText(BootId) : Guid.NewGuid().ToString();
        return [.. "changes1"u8, .. SHA256.HashData(Encoding.UTF8.GetBytes(boot)).AsSpan(0, 16)];
    }

    private static int SlotOffset(int stripe) => HeadBytes + (stripe * ChangeSlot.Size);

    private static long RingOffset(int stripe) => FirstRing + (stripe * (long)RingBytes);

    /// <summary>A stretch of positions as one or two parts of the ring.</summary>
    private static IEnumerable<(long Offset, int Start, int Length)> PartsOf(long position, int length)
    {
        var offset = position % RingBytes;
        var first = (int)Math.Min(length, RingBytes - offset);
        yield return (offset, 0, first);
        if (first < length)
            yield return (0, first, length - first);
    }

    /// <summary>A file that was in place when it was opened.</summary>
    internal sealed record OpenFile(SafeFileHandle Handle, FileIdentity Identity);
}

/// <summary>A write that has been announced, until it is disposed.</summary>
internal sealed class ChangeMark(ChangeFile changes, ChangeFile.OpenFile? file, int stripe, string key, ChangeSlot slot)
    : IDisposable
{
    /// <summary>The file that it was announced in; null when there was no room for one.</summary>
    public ChangeFile.OpenFile? File => file;

    public int Stripe => stripe;

    public string Key => key;

    public ChangeSlot Slot => slot;

    /// <exception cref="StorageException">
    /// Who keeps a copy cannot be told in the regular way; he goes on looking at the key, as the slot stays announced.
    /// </exception>
    public void Dispose() => changes.End(this);
}
