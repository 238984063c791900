using System.Numerics;

namespace Registry.Core.Transfers;

/// <summary>
/// The chunk that a writer fills. Its memory grows with what is written, and is reserved before. For one caller at a
/// time.
/// </summary>
/// <param name="budget">Where the memory is reserved.</param>
/// <param name="chunkBytes">The length of a full chunk, in bytes: a power of two.</param>
public sealed class ChunkBuffer(TransferBudget budget, int chunkBytes)
{
    private const int SmallestBytes = 16 * 1024;

    /// <summary>How many times its size a buffer grows to.</summary>
    private const long Growth = 4;

    private byte[] bytes = [];

    /// <summary>How many bytes have been written.</summary>
    public int Length { get; private set; }

    /// <summary>True when not a byte more fits.</summary>
    public bool IsFull => Length == chunkBytes;

    /// <summary>What has been written. Valid until the next write.</summary>
    public ReadOnlyMemory<byte> Written => bytes.AsMemory(0, Length);

    /// <summary>True when there is room for another byte.</summary>
    public bool HasRoom => Length < bytes.Length;

    /// <summary>Makes room from spare memory.</summary>
    /// <param name="more">How many bytes are to be written.</param>
    /// <returns>False when there is no spare memory: see <see cref="GrowAsync"/>.</returns>
    public bool TryGrow(int more)
    {
        var size = SizeFor(more);
        if (!budget.TryReserve(size))
            return false;
        Replace(size);
        return true;
    }

    /// <summary>Makes room, and waits for memory where there is none.</summary>
    /// <param name="more">How many bytes are to be written.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="Errors.RegistryException">
    /// <see cref="Errors.ErrorCode.Unavailable"/>, as in <see cref="TransferBudget.ReserveAsync"/>.
    /// </exception>
    public async ValueTask GrowAsync(int more, CancellationToken cancellationToken)
    {
        var size = SizeFor(more);
        await budget.ReserveAsync(size, cancellationToken);
        Replace(size);
    }

    /// <summary>Writes as much as there is room for.</summary>
    /// <returns>How many bytes were written.</returns>
    public int Write(ReadOnlySpan<byte> more)
    {
        var count = Math.Min(more.Length, bytes.Length - Length);
        more[..count].CopyTo(bytes.AsSpan(Length));
        Length += count;
        return count;
    }

    /// <summary>
    /// Hands over what was written, and begins an empty chunk. The caller recycles or abandons what it gets.
    /// </summary>
    public Chunk Take()
    {
        var taken = new Chunk(budget, bytes, Length);
        (bytes, Length) = ([], 0);
        return taken;
    }

    private int SizeFor(int more) =>
        (int)BitOperations.RoundUpToPowerOf2((uint)Math.Clamp(
            Length + (long)more, Math.Clamp(Growth * bytes.Length, SmallestBytes, chunkBytes), chunkBytes));

    private void Replace(int size)
    {
        var larger = budget.Pool.Rent(size);
        Written.CopyTo(larger);
        var length = Length;
        Take().Recycle();
        (bytes, Length) = (larger, length);
    }
}

/// <summary>A chunk on its way to the storage.</summary>
/// <param name="budget">Where its memory is reserved.</param>
/// <param name="buffer">The memory, from the pool; empty for none.</param>
/// <param name="length">How many bytes of it are used.</param>
public readonly struct Chunk(TransferBudget budget, byte[] buffer, int length)
{
    /// <summary>The bytes.</summary>
    public ReadOnlyMemory<byte> Bytes => buffer.AsMemory(0, length);

    /// <summary>Gives the memory back. Nobody may read it any more.</summary>
    public void Recycle()
    {
        if (buffer.Length > 0)
            budget.Pool.Return(buffer);
        Abandon();
    }

    /// <summary>Leaves the memory to the garbage collector, where somebody may still read it.</summary>
    public void Abandon() => budget.Release(buffer.Length);
}
