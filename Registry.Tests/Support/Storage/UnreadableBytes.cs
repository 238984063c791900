using System.Buffers;

namespace Registry.Tests.Support.Storage;

/// <summary>Bytes that cannot be read, so that a write of them fails after it began, in every backend.</summary>
internal sealed class UnreadableBytes : MemoryManager<byte>
{
    public static ReadOnlyMemory<byte> Create() => new UnreadableBytes().CreateMemory(1000);

    public override Span<byte> GetSpan() => throw new NotSupportedException("These bytes cannot be read.");

    public override MemoryHandle Pin(int elementIndex = 0) => throw new NotSupportedException();

    public override void Unpin() => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
    }
}
