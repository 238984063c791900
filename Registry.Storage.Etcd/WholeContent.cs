using Google.Protobuf;
using Registry.Core.Content;
using Registry.Core.Transfers;

namespace Registry.Storage.Etcd;

/// <summary>The content of a blob that is already in memory.</summary>
/// <param name="content">The whole blob. Its length is reserved in the budget; disposing releases it.</param>
/// <param name="offset">The first byte to read.</param>
/// <param name="length">The number of bytes to read.</param>
/// <param name="budget">The memory budget.</param>
internal sealed class WholeContent(
    ByteString content, long offset, long length, TransferBudget budget) : FixedLengthStream(length)
{
    private bool closed;

    public override bool CanRead => !closed;

    protected override ValueTask<int> ReadCoreAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        content.Memory.Slice((int)(offset + Consumed), buffer.Length).CopyTo(buffer);
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
