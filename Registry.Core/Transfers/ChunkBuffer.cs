using System.Numerics;

namespace Registry.Core.Transfers;

/// <summary>
/// The chunk that a writer fills. Its memory is reserved before it grows with the content. Not thread-safe.
/// </summary>
/// <param name="budget">The budget of the memory.</param>
/// <param name="chunkBytes">The length of a full chunk, in bytes: a power of two.</param>
public sealed class ChunkBuffer(TransferBudget budget, int chunkBytes)
{
    private const int SmallestBytes = 16 * 1024;

    /// <summary>The factor by which the buffer grows.</summary>
    private const long Growth = 4;

    private byte[] bytes = [];

    /// <summary>The number of bytes written.</summary>
    public int Length { get; private set; }

    /// <summary>True when the chunk is full.</summary>
    public bool IsFull => Length == chunkBytes;

    /// <summary>The bytes written. Valid until the next write.</summary>
    public ReadOnlyMemory<byte> Written => bytes.AsMemory(0, Length);

    /// <summary>True when the allocated memory has room for another byte.</summary>
    public bool HasRoom => Length < bytes.Length;

    /// <summary>Grows the buffer if there is spare memory.</summary>
    /// <param name="more">The number of bytes to be written.</param>
    /// <returns>False when there is no spare memory: use <see cref="GrowAsync"/>.</returns>
    public bool TryGrow(int more)
    {
        var size = SizeFor(more);
        if (!budget.TryReserve(size))
            return false;
        Replace(size);
        return true;
    }

    /// <summary>Grows the buffer, and waits until memory is available.</summary>
    /// <param name="more">The number of bytes to be written.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="Errors.RegistryException">
    /// <see cref="Errors.ErrorCode.Unavailable"/>, as in <see cref="TransferBudget.ReserveAsync"/>.
    /// </exception>
    public async ValueTask GrowAsync(int more, CancellationToken cancellationToken)
    {
        var size = SizeFor(more);
        await budget.ReserveAsync(size, cancellationToken);
        Replace(size);
    }

    /// <summary>Writes as many bytes as there is room for.</summary>
    /// <returns>The number of bytes written.</returns>
    public int Write(ReadOnlySpan<byte> more)
    {
        var count = Math.Min(more.Length, bytes.Length - Length);
        more[..count].CopyTo(bytes.AsSpan(Length));
        Length += count;
        return count;
    }

    /// <summary>
    /// Returns the chunk written, and starts an empty one. The caller must recycle or abandon the chunk.
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

/// <summary>A chunk that is being written to the storage.</summary>
/// <param name="budget">The budget of its memory.</param>
/// <param name="buffer">The memory, from the pool; empty for none.</param>
/// <param name="length">The number of bytes used.</param>
public readonly struct Chunk(TransferBudget budget, byte[] buffer, int length)
{
    /// <summary>The bytes.</summary>
    public ReadOnlyMemory<byte> Bytes => buffer.AsMemory(0, length);

    /// <summary>Returns the memory to the pool. It must not be read afterwards.</summary>
    public void Recycle()
    {
        if (buffer.Length > 0)
            budget.Pool.Return(buffer);
        Abandon();
    }

    /// <summary>Leaves the memory to the garbage collector, because it may still be read.</summary>
    public void Abandon() => budget.Release(buffer.Length);
}
