using Registry.Core.Content;

namespace Registry.Tests.Support.Storage;

/// <summary>
/// Reads a range of bytes in chunks, at most one chunk per read, to catch callers that expect one read to fill the
/// buffer.
/// </summary>
internal sealed class ChunkStream(
    IReadOnlyList<ReadOnlyMemory<byte>> chunks, long offset, long length) : ForwardOnlyStream(length)
{
    private readonly long end = offset + length;
    private long position = offset;
    private int chunk;
    private long chunkStart;
    private bool closed;

    public override bool CanRead => !closed;

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
        Consumed += count;
        return count;
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(Read(buffer.Span));
    }

    protected override void Dispose(bool disposing)
    {
        closed = true;
        base.Dispose(disposing);
    }
}
