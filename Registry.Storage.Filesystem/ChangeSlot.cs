using System.Buffers.Binary;
using System.Numerics;

namespace Registry.Storage.Filesystem;

/// <summary>
/// How far the changes under one stripe have come. No slot's value ever comes back, and one that is read while it is
/// written does not match its own check.
/// </summary>
/// <param name="Sequence">
/// Grows with every step of a write. Odd: a write has been announced and not ended; its writer is at it, or died of it.
/// </param>
/// <param name="End">How many bytes of records have ever been written under the stripe.</param>
/// <param name="LastLength">The length of the last record, in bytes; 0 before the first.</param>
internal readonly record struct ChangeSlot(long Sequence, long End, int LastLength)
{
    /// <summary>Bytes of a slot in the file.</summary>
    public const int Size = 3 * sizeof(ulong);

    /// <summary>A write has been announced and not ended.</summary>
    public bool IsBusy => (Sequence & 1) != 0;

    /// <summary>Where the last record begins.</summary>
    public long LastStart => End - LastLength;

    /// <summary>A write is announced: also after one that was never ended.</summary>
    /// <param name="recordLength">Of its record; 0 where the last one names the same key.</param>
    public ChangeSlot Announced(int recordLength) =>
        new((Sequence + 1) | 1, End + recordLength, recordLength == 0 ? LastLength : recordLength);

    /// <summary>The write that was announced has ended.</summary>
    public ChangeSlot Ended() => this with { Sequence = Sequence + 1 };

    public static bool TryRead(ReadOnlySpan<byte> bytes, out ChangeSlot slot)
    {
        var first = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        var second = BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]);
        slot = new ChangeSlot((long)first, (long)(second >> 16), (int)(second & 0xFFFF));
        return BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]) == Check(first, second);
    }

    public void Write(Span<byte> bytes)
    {
        var (first, second) = ((ulong)Sequence, ((ulong)End << 16) | (uint)LastLength);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, first);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[8..], second);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[16..], Check(first, second));
    }

    /// <summary>
    /// Spreads every bit of both over all of the sum: the kernel copies bytes, and bytes of two values must not pass
    /// for a third.
    /// </summary>
    private static ulong Check(ulong first, ulong second)
    {
        var mixed = (first * 0x9E3779B97F4A7C15) ^ BitOperations.RotateLeft((second + 1) * 0xC2B2AE3D27D4EB4F, 31);
        mixed = (mixed ^ (mixed >> 33)) * 0xFF51AFD7ED558CCD;
        mixed = (mixed ^ (mixed >> 29)) * 0xC4CEB9FE1A85EC53;
        return mixed ^ (mixed >> 32);
    }
}
