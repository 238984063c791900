using Registry.Core.Storage;
using Registry.Core.Telemetry;

namespace Registry.Storage.Gcs;

/// <summary>
/// Retries one operation. Half of the limit is for the first attempt and half for all retries after its failure. So a
/// connection that died silently can be replaced, and no call exceeds its limit.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="limit">How long the operation may make no progress, with all attempts.</param>
/// <param name="firstPause">The pause before the first retry. It doubles each time, and half of it is random.</param>
/// <param name="isWrite">
/// True for a write. Only the failure of the write itself shows that nothing was written; a failed read says nothing
/// about an earlier write.
/// </param>
/// <param name="repeatsUnknown">Whether an attempt that may have been applied is followed by another.</param>
/// <param name="retries">Counts the retries.</param>
internal sealed class GcsRetry(
    TimeProvider time,
    TimeSpan limit,
    TimeSpan firstPause,
    bool isWrite,
    bool repeatsUnknown,
    StorageRetries retries)
{
    private const int MaxDoublings = 5;

    /// <summary>
    /// A retry is not started with less than one fifth of the retry time left: if it timed out, its outcome would be
    /// unknown.
    /// </summary>
    private const int MinShare = 5;

    private readonly TimeSpan half = limit / 2;
    private long failingSince;
    private int failures;
    private GcsException? lastResponse;

    /// <summary>True when a failed attempt may have been applied nevertheless.</summary>
    public bool IsOutcomeUnknown { get; private set; }

    /// <summary>Runs the operation until it succeeds.</summary>
    /// <exception cref="StorageException">A retry is pointless, or there is no time for one.</exception>
    public Task<T> RunAsync<T>(
        Func<GcsAttempt, Task<T>> work,
        CancellationToken cancellationToken) => RunAsync(work, cancellationToken, cancellationToken);

    /// <summary>
    /// Runs the operation like <see cref="RunAsync{T}(Func{GcsAttempt, Task{T}}, CancellationToken)"/>, but a
    /// cancellation waits for the current attempt. A request that was sent may be applied at any later time, which must
    /// not happen after the call has been reported as cancelled.
    /// </summary>
    public Task<T> SettleAsync<T>(Func<GcsAttempt, Task<T>> work, CancellationToken cancellationToken) =>
        RunAsync(work, CancellationToken.None, cancellationToken);

    /// <summary>Resets the retries after progress.</summary>
    public void Reset() => (failures, lastResponse) = (0, null);

    private async Task<T> RunAsync<T>(
        Func<GcsAttempt, Task<T>> work, CancellationToken attemptToken, CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            GcsException failure;
            using (var attempt = BeginAttempt(attemptToken))
            {
                try
                {
                    return await work(attempt);
                }
                catch (GcsException exception)
                {
                    failure = exception;
                }
                catch (OperationCanceledException exception) when (attempt.IsTimedOut
                    && !attemptToken.IsCancellationRequested)
                {
                    failure = attempt.TimedOut(exception);
                }
            }

            await WaitOrThrowAsync(failure, cancellationToken);
        }
    }

    private GcsAttempt BeginAttempt(CancellationToken cancellationToken)
    {
        var remaining = failures == 0 ? half : half - time.GetElapsedTime(failingSince);
        return new GcsAttempt(
            time, remaining > TimeSpan.Zero ? remaining : TimeSpan.FromMilliseconds(1), cancellationToken);
    }

    /// <summary>
    /// Returns the exception for the caller. A rejection of the last attempt says nothing about an earlier one without
    /// a response.
    /// </summary>
    private StorageException ToStorageException(GcsException failure)
    {
        var isUnknown = IsOutcomeUnknown && failure.Kind is not (StorageFault.Unavailable or StorageFault.Throttled);
        return new StorageException(
            isUnknown ? StorageFault.Unavailable : failure.Kind,
            isUnknown ? $"An earlier attempt may have been applied. {failure.Message}" : failure.Message,
            failure)
        {
            ChangedNothing = isWrite && !IsOutcomeUnknown
                && failure.Kind is StorageFault.Unavailable or StorageFault.Throttled,
            RetryAfter = failure.RetryAfter,
        };
    }

    /// <summary>Records a failed attempt and waits before the next one.</summary>
    private async Task WaitOrThrowAsync(GcsException failure, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        IsOutcomeUnknown |= failure.MayHaveBeenApplied;

        // A late attempt has little time, so its timeout says less than an earlier response.
        if (failure.IsTimedOut)
            failure = lastResponse ?? failure;
        else
            lastResponse = failure;
        if (failures++ == 0)
            failingSince = time.GetTimestamp();
        var pause = firstPause * (1 << Math.Min(failures - 1, MaxDoublings)) * (0.5 + (Random.Shared.NextDouble() / 2));
        if (failure.RetryAfter is { } asked && asked > pause)
            pause = asked;
        if (!failure.IsTransient
            || (IsOutcomeUnknown && !repeatsUnknown)
            || time.GetElapsedTime(failingSince) + pause >= half - (half / MinShare))
            throw ToStorageException(failure);
        await Task.Delay(pause, time, cancellationToken);
        retries.Add();
    }
}
