using System.Runtime.CompilerServices;
using Registry.Core.Content;

namespace Registry.Core.Telemetry;

/// <summary>Records the reads of a content as one operation, when it is disposed or a read fails.</summary>
/// <param name="inner">The content.</param>
/// <param name="length">Its length, in bytes.</param>
/// <param name="metrics">Records the operation.</param>
internal sealed class ObservedContent(Stream inner, long length, StorageMetrics metrics) : ForwardOnlyStream(length)
{
    private readonly ContentTimer timer = new(metrics, "read");

    /// <inheritdoc/>
    public override bool CanRead => inner.CanRead;

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        timer.Begin();
        try
        {
            var read = await inner.ReadAsync(buffer, cancellationToken);
            timer.End();
            Consumed += read;
            return read;
        }
        catch (Exception exception)
        {
            timer.Fail(exception);
            throw;
        }
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        timer.Complete();
        await inner.DisposeAsync();
        await base.DisposeAsync();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            timer.Complete();
            inner.Dispose();
        }

        base.Dispose(disposing);
    }
}
