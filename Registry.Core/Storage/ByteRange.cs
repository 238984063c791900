namespace Registry.Core.Storage;

/// <summary>A part of a blob.</summary>
/// <param name="Offset">The first byte, from 0.</param>
/// <param name="Length">The number of bytes; null for all bytes up to the end.</param>
public readonly record struct ByteRange(long Offset, long? Length)
{
    /// <summary>The whole blob, which may be empty.</summary>
    public static ByteRange All => new(0, null);

    /// <summary>Returns the length of this range in a blob of <paramref name="total"/> bytes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The range is negative or extends past the end.</exception>
    public long LengthWithin(long total)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(Offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Offset, total);
        var length = Length ?? total - Offset;
        ArgumentOutOfRangeException.ThrowIfNegative(length, nameof(Length));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, total - Offset, nameof(Length));
        return length;
    }
}
