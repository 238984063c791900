using System.Collections.Concurrent;
using Registry.Core.Storage;

namespace Registry.Core.Packages;

/// <summary>
/// Reads package indexes. What was read or written before is not transferred and parsed again: storage is asked for the revision alone, and asked
/// each time, so that no answer is older than its question.
/// </summary>
internal sealed class IndexReader(IDocumentStore documents, IndexCacheOptions options)
{
    private readonly IndexCache cache = new(options.MaxBytes);

    /// <summary>What is being parsed: who reads the same revision meanwhile waits for it.</summary>
    private readonly ConcurrentDictionary<(PackageName, Revision), Task<PackageSnapshot>> parsing = [];

    /// <summary>Reads a package: null when there is none. That there is none is never remembered.</summary>
    /// <param name="name">The package.</param>
    /// <param name="told">The revision of its last change, as the storage has just told it, which may have been a delete; null to ask for it.</param>
    /// <param name="ct">Cancels the call.</param>
    /// <exception cref="StorageException">The storage did not answer, or the index is damaged.</exception>
    public async ValueTask<PackageSnapshot?> FindAsync(PackageName name, Revision? told, CancellationToken ct)
    {
        var key = StoreKeys.Package(name);
        if (cache.Find(name) is { } kept)
        {
            var current = told ?? await documents.StatAsync(key, ct);
            if (current == kept.Revision)
                return kept;
            if (current is null)
            {
                cache.Forget(name);
                return null;
            }
        }

        if (await documents.GetAsync(key, ct) is { } document)
            return await ReadAsync(name, document);
        cache.Forget(name);
        return null;
    }

    /// <summary>Keeps what was just stored, so that whoever comes next need not read it.</summary>
    /// <param name="index">The index.</param>
    /// <param name="content">Its stored form.</param>
    /// <param name="revision">The revision that storage gave it.</param>
    public void Keep(PackageIndex index, ReadOnlySpan<byte> content, Revision revision) => cache.Keep(PackageSnapshot.Of(index, content, revision));

    /// <summary>Forgets a package that was just deleted.</summary>
    public void Forget(PackageName name) => cache.Forget(name);

    private Task<PackageSnapshot> ReadAsync(PackageName name, Document document)
    {
        if (cache.Find(name) is { } kept && kept.Revision == document.Revision)
            return Task.FromResult(kept);
        var own = new TaskCompletionSource<PackageSnapshot>(TaskCreationOptions.RunContinuationsAsynchronously);
        var shared = parsing.GetOrAdd((name, document.Revision), own.Task);
        if (shared != own.Task)
            return shared;
        try
        {
            var snapshot = PackageSnapshot.Read(name, document);
            cache.Keep(snapshot);
            own.SetResult(snapshot);
        }
        catch (Exception damage)
        {
            own.SetException(damage);
        }
        finally
        {
            parsing.TryRemove((name, document.Revision), out _);
        }

        return own.Task;
    }
}
