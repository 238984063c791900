using Google.Protobuf;
using Registry.Core.Content;
using Registry.Core.Transfers;

namespace Registry.Storage.Etcd;

/// <summary>A stream of known length that is read forward, without blocking.</summary>
internal abstract class ForwardStream(long length) : ForwardOnlyStream(length)
{
    public sealed override async ValueTask<int> ReadAsync(
        Memory<byte> buffer, CancellationToken cancellationToken = default)
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
    protected abstract ValueTask<int> ReadSomeAsync(Memory<byte> buffer, CancellationToken cancellationToken);
}

/// <summary>Bytes that are there already.</summary>
/// <param name="content">The whole blob. Its length is reserved; disposing releases that.</param>
/// <param name="offset">The first byte.</param>
/// <param name="length">How many bytes.</param>
/// <param name="budget">Where they are reserved.</param>
internal sealed class WholeContent(
    ByteString content, long offset, long length, TransferBudget budget) : ForwardStream(length)
{
    private bool closed;

    public override bool CanRead => !closed;

    protected override ValueTask<int> ReadSomeAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(closed, this);
        content.Memory.Slice((int)(offset + Position), buffer.Length).CopyTo(buffer);
        return ValueTask.FromResult(buffer.Length);
    }

    protected override void Dispose(bool disposing)
    {
        if (!closed)
            budget.Release(content.Length);
        closed = true;
        base.Dispose(disposing);
    }
}
