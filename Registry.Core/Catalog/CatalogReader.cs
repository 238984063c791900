using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Registry.Core.Packages;
using Registry.Core.Storage;

namespace Registry.Core.Catalog;

/// <summary>
/// Reads package indexes into views of the catalog. A package whose index is damaged is logged and left out.
/// </summary>
internal sealed partial class CatalogReader(IDocumentStore documents, PackageIndexes indexes, ILogger logger)
{
    private const int MaxConcurrentReads = 16;

    /// <summary>Reads all packages.</summary>
    /// <exception cref="StorageException">The storage did not answer.</exception>
    public async Task<PackageCatalogView> LoadAsync()
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
                    entries.Add(Parse(batch));
                    return ValueTask.CompletedTask;
                });
        }
        catch (StorageException exception) when (exception.Kind == StorageFault.Corrupt)
        {
            // A document is so damaged that it breaks the bulk read: only single reads can skip it.
            LogSlowLoad(exception);
            return await CompareAllAsync(PackageCatalogView.Empty);
        }

        return PackageCatalogView.Empty.With(entries.SelectMany(static read => read));
    }

    /// <summary>
    /// Lists the revisions of all packages and reads those that changed: for a storage that cannot report the changes
    /// since the known token.
    /// </summary>
    /// <exception cref="StorageException">The storage did not answer.</exception>
    public async Task<PackageCatalogView> CompareAllAsync(PackageCatalogView view)
    {
        await Task.Yield();
        var removed = view.Entries.ToDictionary(entry => entry.Name);
        var changed = new List<PackageName>();
        await foreach (var document in documents.ListAsync(StoreKeys.Packages, after: null, CancellationToken.None))
        {
            if (!PackageName.TryParse(document.Key, out var name))
                LogUnknownDocument(document.Key);
            else if (!removed.Remove(name, out var entry) || entry.Revision != document.Revision)
                changed.Add(name);
        }

        return await ReadAsync(view, [.. changed, .. removed.Keys], reported: null, isCurrent: false);
    }

    /// <summary>Reads the packages that may have changed; returns the same view when none has.</summary>
    /// <param name="view">The view to update.</param>
    /// <param name="keys">The keys of the packages.</param>
    /// <param name="reported">
    /// The latest revisions that the storage reported, so that they need not be requested; null when it reported none.
    /// </param>
    /// <param name="isCurrent">
    /// False when the view may contain newer revisions than the reported ones: a cached index of a reported revision
    /// could then be older than the view.
    /// </param>
    /// <exception cref="StorageException">The storage did not answer.</exception>
    public Task<PackageCatalogView> ReadAsync(
        PackageCatalogView view,
        IReadOnlyCollection<StoreKey> keys,
        IReadOnlyDictionary<StoreKey, Revision>? reported,
        bool isCurrent)
    {
        var names = new List<PackageName>(keys.Count);
        foreach (var key in keys)
        {
            if (PackageName.TryParse(key, out var name))
                names.Add(name);
            else
                LogUnknownDocument(key);
        }

        return ReadAsync(view, names, reported, isCurrent);
    }

    private async Task<PackageCatalogView> ReadAsync(
        PackageCatalogView view,
        IReadOnlyCollection<PackageName> names,
        IReadOnlyDictionary<StoreKey, Revision>? reported,
        bool isCurrent)
    {
        var changes = new ConcurrentBag<CatalogChange>();
        await Parallel.ForEachAsync(
            names,
            new ParallelOptions { MaxDegreeOfParallelism = MaxConcurrentReads },
            async (name, cancellationToken) =>
            {
                var known = view.Find(name)?.Revision;
                Revision? last =
                    reported is not null && reported.TryGetValue(name.Key, out var revision) ? revision : null;
                if (last is not null && last == known)
                    return;
                var entry = await ReadAsync(name, isCurrent ? last : null, cancellationToken);
                if (entry?.Revision != known)
                    changes.Add(new CatalogChange(name, entry));
            });
        return changes.IsEmpty ? view : view.With(changes);
    }

    /// <summary>Reads a package; null when it does not exist or its index is damaged.</summary>
    private async ValueTask<CatalogEntry?> ReadAsync(
        PackageName name, Revision? knownRevision, CancellationToken cancellationToken)
    {
        try
        {
            return await indexes.FindAsync(name, knownRevision, cancellationToken) is { } snapshot
                ? CatalogEntry.Of(snapshot)
                : null;
        }
        catch (StorageException exception) when (exception.Kind == StorageFault.Corrupt)
        {
            LogDamagedIndex(exception, name);
            return null;
        }
    }

    private List<CatalogChange> Parse(IReadOnlyCollection<StoredDocument> batch)
    {
        var entries = new List<CatalogChange>(batch.Count);
        foreach (var (key, document) in batch)
        {
            if (!PackageName.TryParse(key, out var name))
                LogUnknownDocument(key);
            else if (Parse(name, document) is { } entry)
                entries.Add(new CatalogChange(name, entry));
        }

        return entries;
    }

    /// <summary>Parses the index of a package; null when it is damaged.</summary>
    private CatalogEntry? Parse(PackageName name, Document document)
    {
        try
        {
            return CatalogEntry.Of(indexes.Parse(name, document));
        }
        catch (StorageException exception) when (exception.Kind == StorageFault.Corrupt)
        {
            LogDamagedIndex(exception, name);
            return null;
        }
    }

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "Package {Package} is missing from lists and searches: its index cannot be read")]
    private partial void LogDamagedIndex(Exception damage, PackageName package);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "A document is damaged. Loading the indexes one by one, which takes longer")]
    private partial void LogSlowLoad(Exception damage);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Document {Key} does not belong to a package")]
    private partial void LogUnknownDocument(StoreKey key);
}
