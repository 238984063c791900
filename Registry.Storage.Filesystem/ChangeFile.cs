using System.Security.Cryptography;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Registry.Core.Storage;

namespace Registry.Storage.Filesystem;

/// <summary>
/// The file <c>changes</c>: the documents written last, for processes that cache many documents. It has a header, a
/// slot for each stripe, and for each stripe a ring of the keys written under it. All of its space is allocated at the
/// start, so that a delete on a full disk needs none. It is never flushed, because no reader outlives a crash of the
/// machine: the next writer after a crash creates a new file.
/// </summary>
/// <remarks>
/// A writer holds the lock of its stripe. It appends its key to the ring and announces the write in the slot, renames
/// the document, and ends the write in the slot, all before it acknowledges. If the file has been replaced in the
/// meantime, it announces the write again in the new file: every acknowledged write is in the current file.
/// </remarks>
internal sealed class ChangeFile(FilesystemVolume volume, string path)
{
    public const int Stripes = StripedLocks.Count;
    public const int RingBytes = 4096;

    /// <summary>Two bytes for the length, and the longest key.</summary>
    public const int MaxRecordBytes = sizeof(ushort) + StoreKey.MaxKeyBytes;

    /// <summary>The size of header and slots, which tell whether anything has changed.</summary>
    public const int StateBytes = HeaderBytes + (Stripes * ChangeSlot.Size);

    public const int HeaderBytes = 64;
    private const int FirstRing = 8192;
    private const int TotalBytes = FirstRing + (Stripes * RingBytes);
    private const string BootId = "/proc/sys/kernel/random/boot_id";

    private readonly byte[] signature = CreateSignature();
    private volatile OpenFile? current;

    /// <summary>Opens the current file for reading; null when there is no usable one.</summary>
    public OpenFile? Find()
    {
        if (Disk.TryIdentify(path) is not { } identity)
            return null;
        if (current is { } known && known.Identity == identity)
            return known;

        // Another thread may still use the previous handle: its finalizer closes it.
        return Validate(Disk.TryOpenRead(path)) is { } file ? current = file : null;
    }

    /// <summary>Reads header and slots; false when the file is too short, and so damaged.</summary>
    public bool TryReadState(OpenFile file, Span<byte> state) =>
        Disk.Read(file.Handle, state, 0, path) == state.Length;

    /// <summary>Reads the slot of a stripe; false when it is being written.</summary>
    public bool TryReadSlot(OpenFile file, int stripe, out ChangeSlot slot)
    {
        Span<byte> bytes = stackalloc byte[ChangeSlot.Size];
        slot = default;
        return Disk.Read(file.Handle, bytes, SlotOffset(stripe), path) == bytes.Length
            && ChangeSlot.TryRead(bytes, out slot);
    }

    /// <summary>Returns the slot of a stripe from the result of <see cref="TryReadState"/>.</summary>
    public static ReadOnlySpan<byte> SlotOf(ReadOnlySpan<byte> state, int stripe) =>
        state.Slice(SlotOffset(stripe), ChangeSlot.Size);

    /// <summary>Reads records from the ring of a stripe, at most the whole ring.</summary>
    public byte[] ReadRing(OpenFile file, int stripe, long from, long end)
    {
        var bytes = new byte[end - from];
        foreach (var (offset, start, length) in PartsOf(from, bytes.Length))
            Disk.Read(file.Handle, bytes.AsSpan(start, length), RingOffset(stripe) + offset, path);
        return bytes;
    }

    /// <summary>
    /// Announces a write of a key. The caller holds the stripe, and disposes the result when the write has succeeded or
    /// failed.
    /// </summary>
    public AnnouncedChange Announce(int stripe, string key)
    {
        Span<byte> record = stackalloc byte[MaxRecordBytes];
        var length = sizeof(ushort) + Encoding.ASCII.GetBytes(key, record[sizeof(ushort)..]);
        BitConverter.TryWriteBytes(record, (ushort)(length - sizeof(ushort)));
        record = record[..length];
        while (true)
        {
            var file = Validate(Disk.TryOpenReadWrite(path));
            if (file is null || !TryReadSlot(file, stripe, out var slot))
            {
                file?.Handle.Dispose();
                if (TryReplace())
                    continue;

                // Without a file, readers list everything: the write need not be announced.
                Disk.TryUnlink(path);
                return new AnnouncedChange(this, null, stripe, key, default);
            }

            // Consecutive writes of one key share a record.
            var isLastKey = slot.LastLength == length
                && ReadRing(file, stripe, slot.LastStart, slot.End).AsSpan().SequenceEqual(record);
            if (!isLastKey)
                foreach (var (offset, start, part) in PartsOf(slot.End, length))
                    Disk.Write(file.Handle, record.Slice(start, part), RingOffset(stripe) + offset, path);
            slot = slot.Announced(isLastKey ? 0 : length);
            WriteSlot(file, stripe, slot);
            return new AnnouncedChange(this, file, stripe, key, slot);
        }
    }

    /// <summary>Ends an announced write, and announces it again if another file is in place now.</summary>
    internal void End(AnnouncedChange change)
    {
        if (change.File is not { } file)
        {
            if (Find() is not null)
                Announce(change.Stripe, change.Key).Dispose();
            return;
        }

        using var handle = file.Handle;
        WriteSlot(file, change.Stripe, change.Slot.Ended());
        if (Disk.TryIdentify(path) != file.Identity)
            Announce(change.Stripe, change.Key).Dispose();
    }

    private void WriteSlot(OpenFile file, int stripe, ChangeSlot slot)
    {
        Span<byte> bytes = stackalloc byte[ChangeSlot.Size];
        slot.Write(bytes);
        Disk.Write(file.Handle, bytes, SlotOffset(stripe), path);
    }

    /// <summary>
    /// Replaces the file with a new one; false when the disk is full. No token refers to the new file, so readers list
    /// everything again.
    /// </summary>
    private bool TryReplace()
    {
        try
        {
            Replace();
            return true;
        }
        catch (StorageException exception) when (exception.Kind == StorageFault.Full)
        {
            return false;
        }
    }

    private void Replace()
    {
        var content = new byte[TotalBytes];
        signature.CopyTo(content, 0);
        for (var stripe = 0; stripe < Stripes; stripe++)
            default(ChangeSlot).Write(content.AsSpan(SlotOffset(stripe)));
        using var staged = volume.Stage();
        staged.Append(content);
        if (!Disk.TryRename(staged.Path, path))
            throw FilesystemVolume.Missing(path);
        staged.MarkPlaced();
    }

    /// <summary>Returns the file; closes it and returns null if it was not created since the machine booted.</summary>
    private OpenFile? Validate(SafeFileHandle? file)
    {
        Span<byte> header = stackalloc byte[HeaderBytes];
        if (file is null)
            return null;
        if (Disk.Read(file, header, 0, path) == HeaderBytes && header.StartsWith(signature))
            return new OpenFile(file, Disk.Identify(file, path));
        file.Dispose();
        return null;
    }

    /// <summary>Returns the first bytes of the files created since the machine booted.</summary>
    private static byte[] CreateSignature()
    {
        var boot = File.Exists(BootId) ? File.ReadAllText(BootId) : Guid.NewGuid().ToString();
        return [.. "changes1"u8, .. SHA256.HashData(Encoding.UTF8.GetBytes(boot)).AsSpan(0, 16)];
    }

    private static int SlotOffset(int stripe) => HeaderBytes + (stripe * ChangeSlot.Size);

    private static long RingOffset(int stripe) => FirstRing + (stripe * (long)RingBytes);

    /// <summary>Maps a range of positions to one or two parts of the ring.</summary>
    private static IEnumerable<(long Offset, int Start, int Length)> PartsOf(long position, int length)
    {
        var offset = position % RingBytes;
        var first = (int)Math.Min(length, RingBytes - offset);
        yield return (offset, 0, first);
        if (first < length)
            yield return (0, first, length - first);
    }

    /// <summary>An open file, which was the current one when it was opened.</summary>
    internal sealed record OpenFile(SafeFileHandle Handle, FileIdentity Identity);
}

/// <summary>An announced write. Disposing it ends the write.</summary>
internal sealed class AnnouncedChange(
    ChangeFile changes, ChangeFile.OpenFile? file, int stripe, string key, ChangeSlot slot)
    : IDisposable
{
    /// <summary>The file that contains the announcement; null when the disk was full.</summary>
    public ChangeFile.OpenFile? File => file;

    public int Stripe => stripe;

    public string Key => key;

    public ChangeSlot Slot => slot;

    /// <exception cref="StorageException">
    /// The end cannot be written. The slot stays announced, so readers keep checking the key.
    /// </exception>
    public void Dispose() => changes.End(this);
}
