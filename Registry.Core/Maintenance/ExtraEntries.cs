using Registry.Core.Storage;

namespace Registry.Core.Maintenance;

/// <summary>
/// Counts the entries that a target has and a source does not, by merging both listings, which have the same order.
/// </summary>
internal sealed class ExtraEntries(RegistryStorage source, RegistryStorage target, Tally extra)
{
    public async Task CountAsync(CancellationToken cancellationToken)
    {
        await CountAsync(
            source.Documents.ListAsync(StoreKeys.Packages, after: null, cancellationToken)
                .Select(static entry => entry.Key),
            target.Documents.ListAsync(StoreKeys.Packages, after: null, cancellationToken)
                .Select(static entry => entry.Key),
            extra.AddPackage);
        await CountAsync(
            source.Blobs.ListAsync(StoreKeys.Archives, ScopeDepth.Subtree, after: null, cancellationToken)
                .Select(static blob => blob.Key),
            target.Blobs.ListAsync(StoreKeys.Archives, ScopeDepth.Subtree, after: null, cancellationToken)
                .Select(static blob => blob.Key),
            extra.AddArchive);
        await CountAsync(
            source.Documents.ListAsync(StoreKeys.Tokens, after: null, cancellationToken)
                .Select(static entry => entry.Key),
            target.Documents.ListAsync(StoreKeys.Tokens, after: null, cancellationToken)
                .Select(static entry => entry.Key),
            extra.AddToken);
    }

    private static async Task CountAsync<T>(
        IAsyncEnumerable<T> sourceKeys, IAsyncEnumerable<T> targetKeys, Action add)
        where T : IComparable<T>
    {
        await using var known = sourceKeys.GetAsyncEnumerator();
        var hasMore = await known.MoveNextAsync();
        await foreach (var key in targetKeys)
        {
            while (hasMore && known.Current.CompareTo(key) < 0)
                hasMore = await known.MoveNextAsync();
            if (!hasMore || known.Current.CompareTo(key) != 0)
                add();
        }
    }
}
