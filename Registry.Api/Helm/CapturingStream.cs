using System.Buffers;
using Registry.Core.Content;

namespace Registry.Api.Helm;

/// <summary>Passes what is written on to another stream, and keeps a copy of it up to a maximum size.</summary>
/// <param name="inner">The other stream, which stays open.</param>
/// <param name="maxBytes">The maximum size of the copy, in bytes.</param>
internal sealed class CapturingStream(Stream inner, int maxBytes) : Stream
{
    private const int FirstBufferBytes = 16 * 1024;

    private PooledBytes? kept = new(FirstBufferBytes);

    /// <summary>A copy of everything that was written; null when it is too large.</summary>
    public ReadOnlyMemory<byte>? Bytes => kept?.WrittenMemory.ToArray();

    /// <inheritdoc/>
    public override bool CanRead => false;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    public override async ValueTask WriteAsync(
        ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (kept?.WrittenCount + buffer.Length > maxBytes)
            Drop();
        kept?.Write(buffer.Span);
        await inner.WriteAsync(buffer, cancellationToken);
    }

    /// <inheritdoc/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    /// <summary>Not supported: writes must not block a thread.</summary>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <summary>Does nothing: everything is passed on at once.</summary>
    public override void Flush()
    {
    }

    /// <summary>Not supported.</summary>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <summary>Not supported.</summary>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <summary>Not supported.</summary>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        Drop();
        base.Dispose(disposing);
    }

    private void Drop()
    {
        kept?.Dispose();
        kept = null;
    }
}
