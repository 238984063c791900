namespace Registry.Core.Content;

/// <summary>A forward-only stream of known length. Reads never go past the end.</summary>
/// <param name="length">The length in bytes.</param>
public abstract class FixedLengthStream(long length) : ForwardOnlyStream(length)
{
    /// <summary>The number of bytes that have not been read yet.</summary>
    protected long Remaining => length - Consumed;

    /// <inheritdoc/>
    public sealed override async ValueTask<int> ReadAsync(
        Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(!CanRead, this);
        cancellationToken.ThrowIfCancellationRequested();
        var wanted = (int)Math.Min(buffer.Length, Remaining);
        if (wanted == 0)
            return 0;
        var read = await ReadCoreAsync(buffer[..wanted], cancellationToken);
        Consumed += read;
        return read;
    }

    /// <summary>Reads at least one byte.</summary>
    /// <param name="buffer">Where to put the bytes: not empty, and not longer than <see cref="Remaining"/>.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The number of bytes read.</returns>
    protected abstract ValueTask<int> ReadCoreAsync(Memory<byte> buffer, CancellationToken cancellationToken);
}
