namespace Registry.Core.Transfers;

/// <summary>
/// Large buffers to be used again. Unlike the shared pool it keeps little: what nobody uses is not in the budget.
/// </summary>
/// <param name="maxIdleBytes">The most that is kept, in bytes.</param>
internal sealed class BufferPool(long maxIdleBytes)
{
    private readonly Lock gate = new();
    private readonly Dictionary<int, Stack<byte[]>> idle = [];
    private long idleBytes;

    /// <summary>A buffer of exactly this length, whatever is in it.</summary>
    public byte[] Rent(int length)
    {
        lock (gate)
        {
            if (idle.TryGetValue(length, out var buffers) && buffers.TryPop(out var buffer))
            {
                idleBytes -= length;
                return buffer;
            }
        }

        return GC.AllocateUninitializedArray<byte>(length);
    }

    /// <summary>Takes a buffer back that nobody uses any more.</summary>
    public void Return(byte[] buffer)
    {
        lock (gate)
        {
            if (idleBytes + buffer.Length > maxIdleBytes)
                return;
            idleBytes += buffer.Length;
            if (!idle.TryGetValue(buffer.Length, out var buffers))
                idle.Add(buffer.Length, buffers = new Stack<byte[]>());
            buffers.Push(buffer);
        }
    }
}
