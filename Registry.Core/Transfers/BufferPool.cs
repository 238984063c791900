namespace Registry.Core.Transfers;

/// <summary>
/// A pool of large buffers. Unlike the shared pool it keeps few idle buffers, because those are not in the budget.
/// </summary>
/// <param name="maxIdleBytes">The maximum total length of idle buffers, in bytes.</param>
internal sealed class BufferPool(long maxIdleBytes)
{
    private readonly Lock gate = new();
    private readonly Dictionary<int, Stack<byte[]>> idle = [];
    private long idleBytes;

    /// <summary>Returns an uninitialized buffer of exactly this length.</summary>
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

    /// <summary>Takes back a buffer that is no longer in use.</summary>
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
