namespace Registry.Storage.Etcd;

/// <summary>A stream of known length that is read forward, without blocking.</summary>
internal abstract class ForwardStream(long length) : Stream
{
    private long position;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => length;

    public override long Position
    {
        get => position;
        set => throw new NotSupportedException();
    }

    public sealed override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var wanted = (int)Math.Min(buffer.Length, length - position);
        if (wanted == 0)
            return 0;
        var read = await ReadSomeAsync(buffer[..wanted], cancellationToken);
        position += read;
        return read;
    }

    public sealed override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <summary>Not supported: etcd is reached over a network, and nobody should wait for it on a thread.</summary>
    public sealed override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("This stream is read by ReadAsync.");

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <summary>Reads at least one byte into a buffer that is not empty and asks for no more than there is.</summary>
    protected abstract ValueTask<int> ReadSomeAsync(Memory<byte> buffer, CancellationToken ct);
}

/// <summary>Bytes that are there already.</summary>
internal sealed class WholeContent(ReadOnlyMemory<byte> content) : ForwardStream(content.Length)
{
    private bool closed;

    public override bool CanRead => !closed;

    protected override ValueTask<int> ReadSomeAsync(Memory<byte> buffer, CancellationToken ct)
    {
        ObjectDisposedException.ThrowIf(closed, this);
        content.Slice((int)Position, buffer.Length).CopyTo(buffer);
        return ValueTask.FromResult(buffer.Length);
    }

    protected override void Dispose(bool disposing)
    {
        closed = true;
        base.Dispose(disposing);
    }
}
