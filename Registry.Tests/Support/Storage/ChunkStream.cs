namespace Registry.Tests.Support.Storage;

/// <summary>Reads a part of bytes that lie in chunks, at most one chunk a read: a reader that takes one read for all is caught by it.</summary>
internal sealed class ChunkStream(IReadOnlyList<ReadOnlyMemory<byte>> chunks, long offset, long length) : Stream
{
    private readonly long end = offset + length;
    private long position = offset;
    private int chunk;
    private long chunkStart;
    private bool closed;

    public override bool CanRead => !closed;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => length;

    public override long Position
    {
        get => position - (end - length);
        set => throw new NotSupportedException();
    }

    public override int Read(Span<byte> buffer)
    {
        ObjectDisposedException.ThrowIf(closed, this);
        if (position == end)
            return 0;
        while (position >= chunkStart + chunks[chunk].Length)
            chunkStart += chunks[chunk++].Length;
        var from = (int)(position - chunkStart);
        var count = (int)Math.Min(Math.Min(buffer.Length, chunks[chunk].Length - from), end - position);
        chunks[chunk].Span.Slice(from, count).CopyTo(buffer);
        position += count;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(Read(buffer.Span));
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        closed = true;
        base.Dispose(disposing);
    }
}
