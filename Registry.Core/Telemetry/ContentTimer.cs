using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Registry.Core.Telemetry;

/// <summary>
/// Measures the reads or the writes of one content, and records them as one operation: the time that they take, without
/// the time between them, in which a client reads or sends. Records nothing if there are none. Not thread-safe.
/// </summary>
/// <param name="metrics">Records the operation.</param>
/// <param name="operation">The name of the operation.</param>
internal sealed class ContentTimer(StorageMetrics metrics, string operation)
{
    private TimeSpan taken;
    private long began;
    private bool hasBegun;
    private bool isRecorded;
    private Activity? span;

    /// <summary>Measures a write. If it fails, the operation is recorded.</summary>
    /// <param name="state">The arguments of the write.</param>
    /// <param name="write">The write.</param>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask MeasureAsync<TState>(TState state, Func<TState, ValueTask> write)
    {
        Begin();
        try
        {
            await write(state);
            End();
        }
        catch (Exception exception)
        {
            Fail(exception);
            throw;
        }
    }

    /// <summary>Begins a read or a write.</summary>
    public void Begin()
    {
        if (!hasBegun)
            span = metrics.Begin(operation);
        hasBegun = true;
        began = metrics.Time.GetTimestamp();
    }

    /// <summary>Ends it.</summary>
    public void End() => taken += metrics.Time.GetElapsedTime(began);

    /// <summary>Ends it with a failure, and records the operation.</summary>
    public void Fail(Exception fault)
    {
        End();
        if (!isRecorded)
            metrics.Record(operation, taken, fault, span);
        Stop();
    }

    /// <summary>Records the operation as successful, unless it is recorded.</summary>
    public void Complete()
    {
        if (hasBegun && !isRecorded)
            metrics.Record(operation, taken, StorageOutcome.Ok, span);
        Stop();
    }

    private void Stop()
    {
        isRecorded = true;
        span?.Dispose();
    }
}
