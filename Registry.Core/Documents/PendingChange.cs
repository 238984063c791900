namespace Registry.Core.Documents;

/// <summary>A change that waits for the writer of its document, and its outcome.</summary>
internal sealed class PendingChange<TState>
    where TState : class
{
    private readonly TaskCompletionSource<TState?> outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenRegistration cancellation;
    private int isDecided;
    private Action? settle;

    /// <param name="change">The change.</param>
    /// <param name="cancellationToken">Cancels the change as long as it has not begun.</param>
    public PendingChange(DocumentChange<TState> change, CancellationToken cancellationToken)
    {
        Change = change;
        cancellation = cancellationToken.UnsafeRegister(
            static (state, token) => ((PendingChange<TState>)state!).Cancel(token), this);
    }

    public DocumentChange<TState> Change { get; }

    public Task<TState?> Outcome => outcome.Task;

    /// <summary>Begins the change, which can then no longer be cancelled; false if it was cancelled.</summary>
    public bool TryBegin()
    {
        cancellation.Dispose();
        return Interlocked.Exchange(ref isDecided, 1) == 0;
    }

    /// <summary>Sets the outcome for the case that the write succeeds. Each attempt sets it again.</summary>
    public void Expect(TState? state) => settle = () => outcome.TrySetResult(state);

    /// <summary>
    /// Sets the error for the case that the write succeeds: the rejection of a change may be based on another change of
    /// the same write.
    /// </summary>
    public void Expect(Exception refusal) => settle = () => Fail(refusal);

    /// <summary>Makes the last expectation the outcome.</summary>
    public void Settle() => settle!();

    public void Fail(Exception failure) => outcome.TrySetException(failure);

    private void Cancel(CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref isDecided, 1) == 0)
            outcome.TrySetCanceled(cancellationToken);
    }
}
