using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;

namespace Registry.Core.Telemetry;

/// <summary>
/// Records how long the operations of one store take, and how they end: in a histogram, and as spans of the request
/// that they belong to.
/// </summary>
/// <remarks>Without a listener, a call is only forwarded. Background work has no spans.</remarks>
public sealed class StorageMetrics
{
    /// <summary>The name of the meter, and of the source of the spans.</summary>
    public const string MeterName = "Registry.Storage";

    /// <summary>The name of the histogram. Its unit is the second.</summary>
    public const string DurationName = "registry.storage.operation.duration";

    /// <summary>
    /// The bounds of the histogram, in seconds. They begin below those that OpenTelemetry recommends: an operation on
    /// Redis or a local disk takes less than a millisecond.
    /// </summary>
    private static readonly InstrumentAdvice<double> Buckets = new()
    {
        HistogramBucketBoundaries =
            [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    };

    private static readonly ActivitySource Spans = new(MeterName);

    private readonly Histogram<double> duration;
    private readonly TimeProvider time;
    private readonly KeyValuePair<string, object?> backend;
    private readonly KeyValuePair<string, object?> store;
    private readonly string storeName;

    /// <param name="meters">Creates the meter.</param>
    /// <param name="time">Measures the durations.</param>
    /// <param name="backend">The backend, as <c>STORAGE</c> names it.</param>
    /// <param name="store">The store: <c>documents</c>, <c>blobs</c> or <c>uploads</c>.</param>
    public StorageMetrics(IMeterFactory meters, TimeProvider time, string backend, string store)
    {
        ArgumentNullException.ThrowIfNull(meters);
        this.time = time;
        this.backend = new("backend", backend);
        this.store = new("store", store);
        storeName = store;
        duration = meters.Create(MeterName).CreateHistogram(
            DurationName, "s", "Duration of storage operations.", tags: null, Buckets);
    }

    /// <summary>Measures the durations.</summary>
    internal TimeProvider Time => time;

    /// <summary>Whether anything listens.</summary>
    internal bool IsEnabled => duration.Enabled || Spans.HasListeners();

    /// <summary>Runs an operation and records it.</summary>
    /// <param name="operation">The name of the operation.</param>
    /// <param name="state">The arguments of <paramref name="call"/>, so that it need not capture any.</param>
    /// <param name="call">Calls the inner store.</param>
    /// <param name="outcome">Returns the outcome of a result.</param>
    internal ValueTask<T> RecordAsync<TState, T>(
        string operation, TState state, Func<TState, ValueTask<T>> call, Func<TState, T, string> outcome) =>
        IsEnabled ? MeasureAsync(operation, state, call, outcome) : call(state);

    /// <summary>Runs an operation without a result and records it.</summary>
    /// <param name="operation">The name of the operation.</param>
    /// <param name="state">The arguments of <paramref name="call"/>, so that it need not capture any.</param>
    /// <param name="call">Calls the inner store.</param>
    internal ValueTask RecordAsync<TState>(string operation, TState state, Func<TState, ValueTask> call) =>
        IsEnabled ? MeasureAsync(operation, state, call) : call(state);

    /// <summary>
    /// Records a listing when it ends: the time that its consumer waited for entries. It is <c>ok</c> also when the
    /// consumer stops early.
    /// </summary>
    /// <param name="operation">The name of the operation.</param>
    /// <param name="entries">The listing of the inner store.</param>
    /// <param name="cancellationToken">Cancels the listing.</param>
    internal IAsyncEnumerable<T> RecordAsync<T>(
        string operation, IAsyncEnumerable<T> entries, CancellationToken cancellationToken) =>
        IsEnabled ? MeasureAsync(operation, entries, cancellationToken) : entries;

    private async ValueTask<T> MeasureAsync<TState, T>(
        string operation, TState state, Func<TState, ValueTask<T>> call, Func<TState, T, string> outcome)
    {
        var began = time.GetTimestamp();
        using var span = Begin(operation);
        try
        {
            var result = await call(state);
            Record(operation, time.GetElapsedTime(began), outcome(state, result), span);
            return result;
        }
        catch (Exception exception)
        {
            Record(operation, time.GetElapsedTime(began), exception, span);
            throw;
        }
    }

    private async ValueTask MeasureAsync<TState>(string operation, TState state, Func<TState, ValueTask> call)
    {
        var began = time.GetTimestamp();
        using var span = Begin(operation);
        try
        {
            await call(state);
        }
        catch (Exception exception)
        {
            Record(operation, time.GetElapsedTime(began), exception, span);
            throw;
        }

        Record(operation, time.GetElapsedTime(began), StorageOutcome.Ok, span);
    }

    private async IAsyncEnumerable<T> MeasureAsync<T>(
        string operation, IAsyncEnumerable<T> entries, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var waited = TimeSpan.Zero;
        Exception? failure = null;
        using var span = Begin(operation);
        try
        {
            await using var entry = entries.GetAsyncEnumerator(cancellationToken);
            while (await NextAsync(entry))
                yield return entry.Current;
        }
        finally
        {
            if (failure is null)
                Record(operation, waited, StorageOutcome.Ok, span);
            else
                Record(operation, waited, failure, span);
        }

        async ValueTask<bool> NextAsync(IAsyncEnumerator<T> entry)
        {
            var began = time.GetTimestamp();
            try
            {
                return await entry.MoveNextAsync();
            }
            catch (Exception exception)
            {
                failure = exception;
                throw;
            }
            finally
            {
                waited += time.GetElapsedTime(began);
            }
        }
    }

    /// <summary>
    /// Begins the span of an operation; null if there is no listener, or the operation belongs to no request.
    /// </summary>
    internal Activity? Begin(string operation) =>
        Spans.HasListeners() && Activity.Current is not null
            ? Spans.StartActivity($"{storeName} {operation}", ActivityKind.Client)
            : null;

    /// <summary>Records an operation that failed.</summary>
    internal void Record(string operation, TimeSpan elapsed, Exception fault, Activity? span)
    {
        var outcome = StorageOutcome.Of(fault);
        if (outcome != StorageOutcome.Cancelled)
            span?.SetStatus(ActivityStatusCode.Error, fault.Message);
        Record(operation, elapsed, outcome, span);
    }

    /// <summary>Records an operation.</summary>
    internal void Record(string operation, TimeSpan elapsed, string outcome, Activity? span)
    {
        KeyValuePair<string, object?> operationTag = new("operation", operation);
        KeyValuePair<string, object?> outcomeTag = new("outcome", outcome);
        duration.Record(elapsed.TotalSeconds, [backend, store, operationTag, outcomeTag]);
        if (span is { IsAllDataRequested: true })
            foreach (var (name, value) in (ReadOnlySpan<KeyValuePair<string, object?>>)
                [backend, store, operationTag, outcomeTag])
                span.SetTag(name, value);
    }
}
