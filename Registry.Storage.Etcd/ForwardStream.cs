using Registry.Core.Content;

namespace Registry.Storage.Etcd;

/// <summary>A stream of known length that is read forward, without blocking.</summary>
internal abstract class ForwardStream(long length) : ForwardReadStream(length)
{
    public sealed override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var wanted = (int)Math.Min(buffer.Length, length - Consumed);
        if (wanted == 0)
            return 0;
        var read = await ReadSomeAsync(buffer[..wanted], cancellationToken);
        Consumed += read;
        return read;
    }

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
