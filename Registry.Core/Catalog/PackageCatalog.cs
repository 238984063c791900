using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Registry.Core.Packages;
using Registry.Core.Storage;

namespace Registry.Core.Catalog;

/// <summary>
/// The read model of list and search. Not stored, so that nothing can be out of step: an entry per package in memory, each with the revision
/// that it was made from. A request lists the revisions, reads only what changed, and answers from memory.
/// </summary>
public sealed partial class PackageCatalog(IDocumentStore documents, PackageIndexes indexes, ILogger<PackageCatalog> logger)
{
    /// <summary>How many changed indexes are read at once.</summary>
    private const int ReadsAtOnce = 16;

    private readonly Lock gate = new();
    private PackageCatalogView view = new([], default);

    /// <summary>The refresh under way, and the one that starts after it: callers share a refresh that started after they called.</summary>
    private (Task<PackageCatalogView>? Running, Task<PackageCatalogView>? Next) refresh;

    /// <summary>Every package, as of a moment after this call: whatever any replica acknowledged before it is in.</summary>
    /// <exception cref="StorageException">The storage did not answer.</exception>
    public Task<PackageCatalogView> GetAsync(CancellationToken ct)
    {
        lock (gate)
        {
            if (refresh.Running is null)
                return (refresh.Running = RunAsync(after: null)).WaitAsync(ct);
            return (refresh.Next ??= RunAsync(refresh.Running)).WaitAsync(ct);
        }
    }

    /// <summary>A refresh serves whoever waits, so no single caller's token ends it.</summary>
    private async Task<PackageCatalogView> RunAsync(Task? after)
    {
        await Task.Yield();
        if (after is not null)
            await after.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        try
        {
            return await RefreshAsync();
        }
        finally
        {
            lock (gate)
                refresh = (refresh.Next, null);
        }
    }

    private async Task<PackageCatalogView> RefreshAsync()
    {
        var known = view.Entries;
        var entries = ImmutableArray.CreateBuilder<CatalogEntry>(known.Length);
        var byName = known.ToDictionary(entry => entry.Name);
        var changed = new List<PackageName>();
        await foreach (var document in documents.ListAsync(StoreKeys.Packages, after: null, CancellationToken.None))
        {
            if (!StoreKeys.TryGetPackage(document.Key, out var name))
                LogForeign(document.Key);
            else if (byName.TryGetValue(name, out var entry) && entry.Revision == document.Revision)
                entries.Add(entry);
            else
                changed.Add(name);
        }

        if (changed.Count == 0 && entries.Count == known.Length)
            return view;
        await Parallel.ForEachAsync(
            changed,
            new ParallelOptions { MaxDegreeOfParallelism = ReadsAtOnce },
            async (name, ct) =>
            {
                if (await ReadAsync(name, ct) is { } entry)
                    lock (entries)
                        entries.Add(entry);
            });
        entries.Sort((left, right) => left.Name.CompareTo(right.Name));
        var fingerprint = entries.Aggregate(UInt128.Zero, (sum, entry) => unchecked(sum + entry.Fingerprint));
        return view = new PackageCatalogView(entries.DrainToImmutable(), fingerprint);
    }

    /// <summary>One package; null when it went meanwhile. A damaged index must not take the whole list down with it: it is told to the operator, and left out.</summary>
    private async Task<CatalogEntry?> ReadAsync(PackageName name, CancellationToken ct)
    {
        try
        {
            return await indexes.FindAsync(name, ct) is { } snapshot ? CatalogEntry.Of(snapshot) : null;
        }
        catch (StorageException damage) when (damage.Kind == StorageFault.Corrupt)
        {
            LogDamaged(damage, name);
            return null;
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Package {Package} is left out of lists and searches: its index is damaged")]
    private partial void LogDamaged(Exception damage, PackageName package);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Document {Key} is no package's")]
    private partial void LogForeign(StoreKey key);
}
