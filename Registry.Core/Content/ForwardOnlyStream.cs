namespace Registry.Core.Content;

/// <summary>
/// What every stream shares here that is read forward, once, without blocking, and does nothing else.
/// </summary>
/// <param name="length">How many bytes it gives; null where that is not known beforehand.</param>
public abstract class ForwardOnlyStream(long? length) : Stream
{
    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public sealed override bool CanSeek => false;

    /// <inheritdoc/>
    public sealed override bool CanWrite => false;

    /// <inheritdoc/>
    public sealed override long Length =>
        length ?? throw new NotSupportedException("The length is not known beforehand.");

    /// <summary>How many bytes have been read. Cannot be set.</summary>
    public sealed override long Position
    {
        get => Consumed;
        set => throw new NotSupportedException("This stream is read forward.");
    }

    /// <summary>What <see cref="Position"/> says: kept by whoever derives from this.</summary>
    protected long Consumed { get; set; }

    /// <summary>The one read.</summary>
    public abstract override ValueTask<int> ReadAsync(
        Memory<byte> buffer, CancellationToken cancellationToken = default);

    /// <inheritdoc/>
    public sealed override Task<int> ReadAsync(
        byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <summary>Not supported: nobody should wait on a thread.</summary>
    public sealed override int Read(
        byte[] buffer, int offset, int count) => throw new NotSupportedException("This stream is read by ReadAsync.");

    /// <summary>Does nothing: there is nothing to write.</summary>
    public sealed override void Flush()
    {
    }

    /// <summary>Not supported.</summary>
    public sealed override long Seek(
        long offset, SeekOrigin origin) => throw new NotSupportedException("This stream is read forward.");

    /// <summary>Not supported.</summary>
    public sealed override void SetLength(long value) => throw new NotSupportedException("This stream is read.");

    /// <summary>Not supported.</summary>
    public sealed override void Write(
        byte[] buffer, int offset, int count) => throw new NotSupportedException("This stream is read.");
}
