namespace Registry.Core.Content;

/// <summary>
/// A stream that can only be read forward, once, and asynchronously.
/// </summary>
/// <param name="length">The length in bytes; null when it is not known in advance.</param>
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
        length ?? throw new NotSupportedException("The length is not known in advance.");

    /// <summary>The number of bytes read. Cannot be set.</summary>
    public sealed override long Position
    {
        get => Consumed;
        set => throw new NotSupportedException("This stream is forward-only.");
    }

    /// <summary>The value of <see cref="Position"/>, which derived classes update.</summary>
    protected long Consumed { get; set; }

    /// <summary>Reads the next bytes.</summary>
    public abstract override ValueTask<int> ReadAsync(
        Memory<byte> buffer, CancellationToken cancellationToken = default);

    /// <inheritdoc/>
    public sealed override Task<int> ReadAsync(
        byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <summary>Not supported: reads must not block a thread.</summary>
    public sealed override int Read(
        byte[] buffer, int offset, int count) => throw new NotSupportedException("Call ReadAsync instead.");

    /// <summary>Does nothing: there is nothing to write.</summary>
    public sealed override void Flush()
    {
    }

    /// <summary>Not supported.</summary>
    public sealed override long Seek(
        long offset, SeekOrigin origin) => throw new NotSupportedException("This stream is forward-only.");

    /// <summary>Not supported.</summary>
    public sealed override void SetLength(long value) => throw new NotSupportedException("This stream is read-only.");

    /// <summary>Not supported.</summary>
    public sealed override void Write(
        byte[] buffer, int offset, int count) => throw new NotSupportedException("This stream is read-only.");
}
