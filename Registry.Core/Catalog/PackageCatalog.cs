using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Registry.Core.Packages;
using Registry.Core.Storage;

namespace Registry.Core.Catalog;

/// <summary>
/// The read model of list and search. Not stored, so that nothing can be out of step: an entry per package in memory,
/// each with the revision that it was made from. A request asks the storage what has changed, reads only that, and
/// answers from memory.
/// </summary>
public sealed partial class PackageCatalog(
    IDocumentStore documents, PackageIndexes indexes, ILogger<PackageCatalog> logger)
{
    /// <summary>How many indexes are read at once.</summary>
    private const int ReadsAtOnce = 16;

    /// <summary>
    /// How many refreshes ask at once, so that who comes while the storage flushes its disk need not wait for two
    /// answers.
    /// </summary>
    private const int RefreshesAtOnce = 2;

    private readonly Lock gate = new();
    private int running;

    /// <summary>Who waits for the refresh that follows those under way; null for nobody.</summary>
    private TaskCompletionSource<PackageCatalogView>? next;

    /// <summary>
    /// The refreshes that found changes bring them in one after the other: done when the last so far has.
    /// </summary>
    private Task brought = Task.CompletedTask;

    /// <summary>
    /// Has all that was stored before its token, and nothing in it is older than in the one that it replaced.
    /// </summary>
    private volatile Snapshot? snapshot;

    /// <summary>
    /// True once all packages have been read, and ever after: from then on a request costs what has changed.
    /// </summary>
    public bool IsLoaded => snapshot is not null;

    /// <summary>
    /// Every package, as of a moment after this call: whatever any replica acknowledged before it is in.
    /// </summary>
    /// <exception cref="StorageException">The storage did not answer.</exception>
    public Task<PackageCatalogView> GetAsync(CancellationToken cancellationToken)
    {
        lock (gate)
        {
            // Those under way may have asked already: it is the next one, shared by all who come meanwhile, that has
            // what they must see. Only one reads everything.
            if (running == (snapshot is null ? 1 : RefreshesAtOnce))
                return (next ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task.WaitAsync(
                    cancellationToken);
            running++;
        }

        // Where the storage answers at once and nothing has changed, so does this.
        var refresh = RefreshAsync();
        if (!refresh.IsCompletedSuccessfully)
            return FinishAsync(refresh).WaitAsync(cancellationToken);
        var answer = refresh.Result.Answer;
        StartNext();
        return answer;
    }

    /// <summary>A refresh serves whoever waits, so no single caller's token ends it.</summary>
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
            (waiting, next) = (next, null);
            if (waiting is null)
                running--;
        }

        if (waiting is not null)
            _ = Task.Run(() => ServeAsync(waiting), CancellationToken.None);
    }

    private async Task ServeAsync(TaskCompletionSource<PackageCatalogView> waiting)
    {
        try
        {
            waiting.SetResult(await FinishAsync(RefreshAsync()));
        }
        catch (Exception failure)
        {
            waiting.SetException(failure);
        }
    }

    private async ValueTask<Snapshot> RefreshAsync()
    {
        var known = snapshot;
        var changes = await documents.ChangesAsync(StoreKeys.Packages, known?.Token, CancellationToken.None);
        if (known is not null && changes.Keys is { Count: 0 })
        {
            if (!ReferenceEquals(changes.Token, known.Token))
                Interlocked.CompareExchange(ref snapshot, known with { Token = changes.Token }, known);
            return snapshot!;
        }

        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task before;
        lock (gate)
            (before, brought) = (brought, done.Task);
        await before;
        try
        {
            return snapshot = await BringAsync(known, changes);
        }
        finally
        {
            done.SetResult();
        }
    }

    /// <summary>The snapshot of now, which may be newer than the known one, with what changed since that.</summary>
    private async ValueTask<Snapshot> BringAsync(Snapshot? known, DocumentChanges changes)
    {
        var current = snapshot;
        var view = current is null ? await LoadAsync() ?? await ListAsync(PackageCatalogView.Empty)
            : changes.Keys is null ? await ListAsync(current.View)
            : await ReadAsync(
                current.View,
                PackagesOf(changes.Keys),
                changes.Revisions,
                isNewest: ReferenceEquals(current.View, known?.View));
        return current is not null && ReferenceEquals(view, current.View)
            ? current with { Token = changes.Token }
            : new Snapshot(view, changes.Token, Task.FromResult(view));
    }

    /// <summary>
    /// Reads everything, once in the life of a process; null where a document is so damaged that it must be passed over
    /// one by one.
    /// </summary>
    private async Task<PackageCatalogView?> LoadAsync()
    {
        await Task.Yield();
        var entries = new ConcurrentBag<List<CatalogChange>>();
        try
        {
            await Parallel.ForEachAsync(
                DocumentBatches.Of(documents.ReadAsync(StoreKeys.Packages, after: null, CancellationToken.None)),
                new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount + 1 },
                (batch, _) =>
                {
                    entries.Add(Read(batch));
                    return ValueTask.CompletedTask;
                });
        }
        catch (StorageException damage) when (damage.Kind == StorageFault.Corrupt)
        {
            LogSlower(damage);
            return null;
        }

        return PackageCatalogView.Empty.With(entries.SelectMany(static read => read));
    }

    private List<CatalogChange> Read(IReadOnlyCollection<StoredDocument> batch)
    {
        var entries = new List<CatalogChange>(batch.Count);
        foreach (var (key, document) in batch)
        {
            if (!PackageName.TryParse(key, out var name))
                LogForeign(key);
            else if (Parse(name, document) is { } entry)
                entries.Add(new CatalogChange(name, entry));
        }

        return entries;
    }

    /// <summary>
    /// One package; null where its index cannot be read: the operator is told, and every other package is listed.
    /// </summary>
    private CatalogEntry? Parse(PackageName name, Document document)
    {
        try
        {
            return CatalogEntry.Of(indexes.Parse(name, document));
        }
        catch (StorageException damage) when (damage.Kind == StorageFault.Corrupt)
        {
            LogDamaged(damage, name);
            return null;
        }
    }

    /// <summary>Compares all revisions: for a storage that cannot tell what has changed, or not any more.</summary>
    private async Task<PackageCatalogView> ListAsync(PackageCatalogView view)
    {
        await Task.Yield();
        var gone = view.Entries.ToDictionary(entry => entry.Name);
        var changed = new List<PackageName>();
        await foreach (var document in documents.ListAsync(StoreKeys.Packages, after: null, CancellationToken.None))
        {
            if (!PackageName.TryParse(document.Key, out var name))
                LogForeign(document.Key);
            else if (!gone.Remove(name, out var entry) || entry.Revision != document.Revision)
                changed.Add(name);
        }

        return await ReadAsync(view, [.. changed, .. gone.Keys], told: null, isNewest: false);
    }

    /// <summary>Reads some packages; the same view where none of them has changed.</summary>
    /// <param name="view">Where they may be.</param>
    /// <param name="names">The packages.</param>
    /// <param name="told">What the storage told of their revisions, which spares questions; null for nothing.</param>
    /// <param name="isNewest">
    /// False where the view may have a newer revision than was told: what is kept of that one would be a step back.
    /// </param>
    private async Task<PackageCatalogView> ReadAsync(
        PackageCatalogView view,
        IReadOnlyCollection<PackageName> names,
        IReadOnlyDictionary<StoreKey, Revision>? told,
        bool isNewest)
    {
        var changes = new ConcurrentBag<CatalogChange>();
        await Parallel.ForEachAsync(
            names,
            new ParallelOptions { MaxDegreeOfParallelism = ReadsAtOnce },
            async (name, cancellationToken) =>
            {
                var known = view.Find(name)?.Revision;
                Revision? last = told is not null && told.TryGetValue(name.Key, out var revision) ? revision : null;
                if (last is not null && last == known)
                    return;
                var entry = await ReadAsync(name, isNewest ? last : null, cancellationToken);
                if (entry?.Revision != known)
                    changes.Add(new CatalogChange(name, entry));
            });
        return changes.IsEmpty ? view : view.With(changes);
    }

    private List<PackageName> PackagesOf(IReadOnlyCollection<StoreKey> keys)
    {
        var names = new List<PackageName>(keys.Count);
        foreach (var key in keys)
        {
            if (PackageName.TryParse(key, out var name))
                names.Add(name);
            else
                LogForeign(key);
        }

        return names;
    }

    /// <summary>
    /// One package; null when it is not there. The package is left out, and the operator told, where its index cannot
    /// be read.
    /// </summary>
    private async ValueTask<CatalogEntry?> ReadAsync(
        PackageName name, Revision? told, CancellationToken cancellationToken)
    {
        try
        {
            return await indexes.FindAsync(name, told, cancellationToken) is { } snapshot
                ? CatalogEntry.Of(snapshot)
                : null;
        }
        catch (StorageException damage) when (damage.Kind == StorageFault.Corrupt)
        {
            LogDamaged(damage, name);
            return null;
        }
    }

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "Package {Package} is left out of lists and searches: its index cannot be read")]
    private partial void LogDamaged(Exception damage, PackageName package);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Something is damaged, so all indexes are read one by one, which takes longer")]
    private partial void LogSlower(Exception damage);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Document {Key} is no package's")]
    private partial void LogForeign(StoreKey key);

    /// <summary>All packages, and the moment from which changes are still to be asked for.</summary>
    private sealed record Snapshot(PackageCatalogView View, ChangeToken Token, Task<PackageCatalogView> Answer);
}
