using Microsoft.Extensions.Logging;
using Registry.Core.Packages;
using Registry.Core.Storage;

namespace Registry.Core.Catalog;

/// <summary>
/// The read model of lists and searches: one entry per package in memory, each with the revision that it was built
/// from. It is not stored, so it cannot be out of step with the packages. A request asks the storage what has changed,
/// reads only that, and is answered from memory.
/// </summary>
public sealed class PackageCatalog
{
    /// <summary>
    /// Two, so that a call that arrives during a slow refresh, such as while the storage flushes its disk, starts a
    /// second one instead of waiting for both in turn.
    /// </summary>
    private const int MaxConcurrentRefreshes = 2;

    private readonly IDocumentStore documents;
    private readonly TimeProvider time;
    private readonly CatalogReader reader;
    private readonly Lock gate = new();
    private int runningRefreshes;

    /// <summary>The refresh that follows the running ones, and the calls that wait for it; null for none.</summary>
    private TaskCompletionSource<PackageCatalogView>? nextRefresh;

    /// <summary>
    /// Completes when the last refresh that found changes has applied them. Such refreshes apply their changes one
    /// after the other.
    /// </summary>
    private Task lastApplied = Task.CompletedTask;

    /// <summary>
    /// Contains everything that was stored before its token. No entry is older than in the snapshot that it replaced.
    /// </summary>
    private volatile Snapshot? snapshot;

    /// <summary>The timestamp at which the last successful refresh asked the storage.</summary>
    private long refreshed;

    /// <summary>Creates a catalog that loads the packages at the first call.</summary>
    /// <param name="documents">The documents.</param>
    /// <param name="indexes">The package indexes in these documents.</param>
    /// <param name="logger">Logs damaged and unknown documents.</param>
    /// <param name="time">The clock of <see cref="Age"/>; null for that of the system.</param>
    public PackageCatalog(
        IDocumentStore documents, PackageIndexes indexes, ILogger<PackageCatalog> logger, TimeProvider? time = null)
    {
        (this.documents, this.time) = (documents, time ?? TimeProvider.System);
        reader = new CatalogReader(documents, indexes, logger);
    }

    /// <summary>
    /// True once all packages have been loaded. From then on the cost of a request depends on the number of changes.
    /// </summary>
    public bool IsLoaded => snapshot is not null;

    /// <summary>The number of packages, as of the last refresh; null before all have been loaded.</summary>
    public int? Count => snapshot?.View.Count;

    /// <summary>The number of their releases; null before all packages have been loaded.</summary>
    public int? Releases => snapshot?.View.Releases;

    /// <summary>
    /// The time since the storage was last asked for changes successfully; null before all packages have been loaded.
    /// </summary>
    public TimeSpan? Age => snapshot is null ? null : time.GetElapsedTime(Interlocked.Read(ref refreshed));

    /// <summary>
    /// Returns all packages, with every change that any replica acknowledged before this call.
    /// </summary>
    /// <exception cref="StorageException">The storage did not answer.</exception>
    public Task<PackageCatalogView> GetAsync(CancellationToken cancellationToken)
    {
        lock (gate)
        {
            // A running refresh may have asked the storage before this call. The next refresh has not: all calls that
            // arrive in the meantime share it. The first load runs alone.
            if (runningRefreshes == (snapshot is null ? 1 : MaxConcurrentRefreshes))
                return (nextRefresh ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task.WaitAsync(
                    cancellationToken);
            runningRefreshes++;
        }

        // Completes synchronously if the storage answers at once and nothing has changed.
        var refresh = RefreshAsync();
        if (!refresh.IsCompletedSuccessfully)
            return FinishAsync(refresh).WaitAsync(cancellationToken);
        var answer = refresh.Result.Answer;
        StartNext();
        return answer;
    }

    /// <summary>Takes no cancellation token, because several callers share a refresh.</summary>
    private async Task<PackageCatalogView> FinishAsync(ValueTask<Snapshot> refresh)
    {
        try
        {
            return (await refresh).View;
        }
        finally
        {
            StartNext();
        }
    }

    private void StartNext()
    {
        TaskCompletionSource<PackageCatalogView>? waiting;
        lock (gate)
        {
            (waiting, nextRefresh) = (nextRefresh, null);
            if (waiting is null)
                runningRefreshes--;
        }

        if (waiting is not null)
            _ = Task.Run(() => RefreshForAsync(waiting), CancellationToken.None);
    }

    private async Task RefreshForAsync(TaskCompletionSource<PackageCatalogView> waiting)
    {
        try
        {
            waiting.SetResult(await FinishAsync(RefreshAsync()));
        }
        catch (Exception exception)
        {
            waiting.SetException(exception);
        }
    }

    private async ValueTask<Snapshot> RefreshAsync()
    {
        var began = time.GetTimestamp();
        var known = snapshot;
        var changes = await documents.ChangesAsync(StoreKeys.Packages, known?.Token, CancellationToken.None);
        if (known is not null && changes.Keys is { Count: 0 })
        {
            if (!ReferenceEquals(changes.Token, known.Token))
                Interlocked.CompareExchange(ref snapshot, known with { Token = changes.Token }, known);
            Interlocked.Exchange(ref refreshed, began);
            return snapshot!;
        }

        var applied = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task previous;
        lock (gate)
            (previous, lastApplied) = (lastApplied, applied.Task);
        await previous;
        try
        {
            var next = await ApplyAsync(known, changes);
            Interlocked.Exchange(ref refreshed, began);
            return snapshot = next;
        }
        finally
        {
            applied.SetResult();
        }
    }

    /// <summary>
    /// Applies the changes since the known snapshot to the current one, which may be newer than the known one.
    /// </summary>
    private async ValueTask<Snapshot> ApplyAsync(Snapshot? known, DocumentChanges changes)
    {
        var current = snapshot;
        var view = current is null ? await reader.LoadAsync()
            : changes.Keys is null ? await reader.CompareAllAsync(current.View)
            : await reader.ReadAsync(
                current.View,
                changes.Keys,
                changes.Revisions,
                isCurrent: ReferenceEquals(current.View, known?.View));
        return current is not null && ReferenceEquals(view, current.View)
            ? current with { Token = changes.Token }
            : new Snapshot(view, changes.Token, Task.FromResult(view));
    }

    /// <summary>All packages, and the token from which later changes are requested.</summary>
    private sealed record Snapshot(PackageCatalogView View, ChangeToken Token, Task<PackageCatalogView> Answer);
}
