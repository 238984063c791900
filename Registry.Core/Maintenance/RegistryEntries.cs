using Registry.Core.Storage;

namespace Registry.Core.Maintenance;

/// <summary>The entries of a registry: packages, then archives, then tokens. Counts those that are done.</summary>
/// <param name="storage">The registry.</param>
internal sealed class RegistryEntries(RegistryStorage storage)
{
    private string step = "";
    private long done;
    private long total;

    /// <summary>How far the run has come.</summary>
    public RunProgress Progress =>
        new(Volatile.Read(ref step), Interlocked.Read(ref done), Interlocked.Read(ref total));

    /// <summary>Counts the entries. Entries that are added later are not counted.</summary>
    /// <exception cref="StorageException">The storage failed.</exception>
    public async Task CountAsync(CancellationToken cancellationToken)
    {
        var count = 0L;
        foreach (var scope in (StoreKey[])[StoreKeys.Packages, StoreKeys.Tokens])
            await foreach (var _ in storage.Documents.ListAsync(scope, after: null, cancellationToken))
                count++;
        await foreach (var _ in storage.Blobs.ListAsync(
            StoreKeys.Archives, ScopeDepth.Subtree, after: null, cancellationToken))
            count++;
        Interlocked.Exchange(ref total, count);
    }

    /// <summary>Processes every entry.</summary>
    /// <param name="name">The name of the step.</param>
    /// <param name="parallel">How many entries are processed at a time.</param>
    /// <param name="onPackage">Processes the index of a package.</param>
    /// <param name="onArchive">Processes an archive.</param>
    /// <param name="onToken">Processes a token.</param>
    /// <exception cref="StorageException">The storage failed.</exception>
    public async Task ForEachAsync(
        string name,
        ParallelOptions parallel,
        Func<DocumentEntry, CancellationToken, ValueTask> onPackage,
        Func<BlobInfo, CancellationToken, ValueTask> onArchive,
        Func<DocumentEntry, CancellationToken, ValueTask> onToken)
    {
        Volatile.Write(ref step, name);
        Interlocked.Exchange(ref done, 0);
        var (documents, blobs) = storage;
        await Parallel.ForEachAsync(
            documents.ListAsync(StoreKeys.Packages, after: null, parallel.CancellationToken),
            parallel,
            Counted(onPackage));
        await Parallel.ForEachAsync(
            blobs.ListAsync(StoreKeys.Archives, ScopeDepth.Subtree, after: null, parallel.CancellationToken),
            parallel,
            Counted(onArchive));
        await Parallel.ForEachAsync(
            documents.ListAsync(StoreKeys.Tokens, after: null, parallel.CancellationToken),
            parallel,
            Counted(onToken));
    }

    private Func<T, CancellationToken, ValueTask> Counted<T>(Func<T, CancellationToken, ValueTask> process) =>
        async (entry, cancellationToken) =>
        {
            await process(entry, cancellationToken);
            Interlocked.Increment(ref done);
        };
}
