namespace Registry.Core.Packages;

/// <summary>A change that waits for the writer of its package, and what became of it.</summary>
internal sealed class PendingChange(IndexChange change, CancellationToken ct)
{
    private readonly TaskCompletionSource<PackageIndex?> outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private Action? settle;

    public IndexChange Change { get; } = change;

    public Task<PackageIndex?> Outcome => outcome.Task;

    /// <summary>True, and the change is over, when its caller has given up before it was begun.</summary>
    public bool TryAbandon() => ct.IsCancellationRequested && outcome.TrySetCanceled(ct);

    /// <summary>What becomes of the change if the write that it is part of succeeds. Said anew on each try.</summary>
    public void Expect(PackageIndex? index) => settle = () => outcome.TrySetResult(index);

    /// <summary>As <see cref="Expect(PackageIndex?)"/>, for a change that was refused: a refusal too may rest on another change of the same write.</summary>
    public void Expect(Exception refusal) => settle = () => Fail(refusal);

    /// <summary>Makes the last expectation true.</summary>
    public void Settle() => settle!();

    public void Fail(Exception failure) => outcome.TrySetException(failure);
}
