using System.Buffers.Binary;
using System.Numerics;

namespace Registry.Storage.Filesystem;

/// <summary>
/// The progress of the changes under one stripe. The value of a slot never repeats, and the checksum detects a read
/// that overlaps a write.
/// </summary>
/// <param name="Sequence">
/// Increases with every step of a write. Odd while a write has been announced and has not ended: its writer is working
/// on it, or has died.
/// </param>
/// <param name="End">The number of bytes of records ever written under the stripe.</param>
/// <param name="LastLength">The length of the last record, in bytes; 0 before the first.</param>
internal readonly record struct ChangeSlot(long Sequence, long End, int LastLength)
{
    /// <summary>The size of a slot in the file, in bytes.</summary>
    public const int Size = 3 * sizeof(ulong);

    /// <summary>Whether a write has been announced and has not ended.</summary>
    public bool IsBusy => (Sequence & 1) != 0;

    /// <summary>The position of the last record.</summary>
    public long LastStart => End - LastLength;

    /// <summary>Returns the slot with a write announced, also after a write that never ended.</summary>
    /// <param name="recordLength">
    /// The length of its record, in bytes; 0 when the last record has the same key.
    /// </param>
    public ChangeSlot Announced(int recordLength) =>
        new((Sequence + 1) | 1, End + recordLength, recordLength == 0 ? LastLength : recordLength);

    /// <summary>Returns the slot with the announced write ended.</summary>
    public ChangeSlot Ended() => this with { Sequence = Sequence + 1 };

    public static bool TryRead(ReadOnlySpan<byte> bytes, out ChangeSlot slot)
    {
        var first = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        var second = BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]);
        slot = new ChangeSlot((long)first, (long)(second >> 16), (int)(second & 0xFFFF));
        return BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]) == Checksum(first, second);
    }

    public void Write(Span<byte> bytes)
    {
        var (first, second) = ((ulong)Sequence, ((ulong)End << 16) | (uint)LastLength);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, first);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[8..], second);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[16..], Checksum(first, second));
    }

    /// <summary>
    /// Spreads every bit of both words over the whole checksum: the kernel copies bytes, and a mix of the bytes of two
    /// values must not pass for a third.
    /// </summary>
    private static ulong Checksum(ulong first, ulong second)
    {
        var mixed = (first * 0x9E3779B97F4A7C15) ^ BitOperations.RotateLeft((second + 1) * 0xC2B2AE3D27D4EB4F, 31);
        mixed = (mixed ^ (mixed >> 33)) * 0xFF51AFD7ED558CCD;
        mixed = (mixed ^ (mixed >> 29)) * 0xC4CEB9FE1A85EC53;
        return mixed ^ (mixed >> 32);
    }
}
