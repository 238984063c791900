using Registry.Core.Storage;

namespace Registry.Storage.Gcs;

/// <summary>
/// How long one piece of work is tried. Half of the limit belongs to the try at hand, and half of it to all others from
/// its failure on, so that a connection that died silently can be replaced and still no call lasts longer than its
/// limit.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="limit">How long the work may stand still, with all tries.</param>
/// <param name="firstPause">The pause before the first retry; it doubles with each, and half of it is random.</param>
/// <param name="isWrite">
/// True for the write itself. Only its own failure can tell that nothing was written: a read that fails says nothing of
/// the write before it.
/// </param>
internal sealed class GcsRetry(TimeProvider time, TimeSpan limit, TimeSpan firstPause, bool isWrite)
{
    private const int MaxDoublings = 5;

    /// <summary>
    /// A try is not begun with less than this share of the time: if it were cut off, nobody would know what became of
    /// it.
    /// </summary>
    private const int LeastShare = 5;

    private readonly TimeSpan half = limit / 2;
    private long failingSince;
    private int failures;
    private GcsException? lastAnswer;

    /// <summary>True when a try that failed may have been carried out all the same.</summary>
    public bool IsOutcomeUnknown { get; private set; }

    /// <summary>Tries until it succeeds.</summary>
    /// <exception cref="StorageException">Another try makes no sense, or there is no time for it.</exception>
    public Task<T> RunAsync<T>(
        Func<GcsAttempt, Task<T>> work,
        CancellationToken cancellationToken) => RunAsync(work, cancellationToken, cancellationToken);

    /// <summary>
    /// As <see cref="RunAsync{T}(Func{GcsAttempt, Task{T}}, CancellationToken)"/>, but who cancels waits for the try
    /// under way: a request that was sent may be carried out at any time after, and nobody should have to reckon with
    /// that who has been told that the call is over.
    /// </summary>
    public Task<T> SettleAsync<T>(Func<GcsAttempt, Task<T>> work, CancellationToken cancellationToken) =>
        RunAsync(work, CancellationToken.None, cancellationToken);

    /// <summary>The work has come further than ever before: retry begins anew.</summary>
    public void Progressed() => (failures, lastAnswer) = (0, null);

    private async Task<T> RunAsync<T>(
        Func<GcsAttempt, Task<T>> work, CancellationToken within, CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            GcsException failure;
            using (var now = Begin(within))
            {
                try
                {
                    return await work(now);
                }
                catch (GcsException failed)
                {
                    failure = failed;
                }
                catch (OperationCanceledException late) when (now.IsLate && !within.IsCancellationRequested)
                {
                    failure = now.Late(late);
                }
            }

            await FailedAsync(failure, cancellationToken);
        }
    }

    private GcsAttempt Begin(CancellationToken cancellationToken)
    {
        var left = failures == 0 ? half : half - time.GetElapsedTime(failingSince);
        return new GcsAttempt(time, left > TimeSpan.Zero ? left : TimeSpan.FromMilliseconds(1), cancellationToken);
    }

    /// <summary>A refusal of the last try says nothing about an earlier one that got no answer.</summary>
    private StorageException OutcomeOf(GcsException failure)
    {
        var isUnknown = IsOutcomeUnknown && failure.Kind is not (StorageFault.Unavailable or StorageFault.Throttled);
        return new StorageException(
            isUnknown ? StorageFault.Unavailable : failure.Kind,
            isUnknown ? $"An earlier try may have been carried out. {failure.Message}" : failure.Message,
            failure)
        {
            ChangedNothing = isWrite && failure.Kind == StorageFault.Throttled && !IsOutcomeUnknown,
            RetryAfter = failure.RetryAfter,
        };
    }

    /// <summary>A try has failed: waits until it is time for the next.</summary>
    private async Task FailedAsync(GcsException failure, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        IsOutcomeUnknown |= failure.MayHaveBeenApplied;

        // The last try has little time left: that nobody answered it says less than what was answered before.
        if (failure.IsLate)
            failure = lastAnswer ?? failure;
        else
            lastAnswer = failure;
        if (failures++ == 0)
            failingSince = time.GetTimestamp();
        var pause = firstPause * (1 << Math.Min(failures - 1, MaxDoublings)) * (0.5 + (Random.Shared.NextDouble() / 2));
        if (failure.RetryAfter is { } asked && asked > pause)
            pause = asked;
        if (!failure.IsTransient || time.GetElapsedTime(failingSince) + pause >= half - (half / LeastShare))
            throw OutcomeOf(failure);
        await Task.Delay(pause, time, cancellationToken);
    }
}
