namespace Registry.Core.Documents;

/// <summary>A change that waits for the writer of its document, and its outcome.</summary>
internal sealed class PendingChange<TState>(DocumentChange<TState> change, CancellationToken cancellationToken)
    where TState : class
{
    private readonly TaskCompletionSource<TState?> outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private Action? settle;

    public DocumentChange<TState> Change { get; } = change;

    public Task<TState?> Outcome => outcome.Task;

    /// <summary>True, and the change is over, when its caller gave up before the change began.</summary>
    public bool TryAbandon() =>
        cancellationToken.IsCancellationRequested && outcome.TrySetCanceled(cancellationToken);

    /// <summary>The outcome if the write that the change is part of succeeds. Each attempt sets it again.</summary>
    public void Expect(TState? state) => settle = () => outcome.TrySetResult(state);

    /// <summary>
    /// As <see cref="Expect(TState?)"/>, for a refused change: a refusal may rest on another change of the same write,
    /// too.
    /// </summary>
    public void Expect(Exception refusal) => settle = () => Fail(refusal);

    /// <summary>Makes the last expectation the outcome.</summary>
    public void Settle() => settle!();

    public void Fail(Exception failure) => outcome.TrySetException(failure);
}
