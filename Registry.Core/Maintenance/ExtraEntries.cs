using Registry.Core.Storage;

namespace Registry.Core.Maintenance;

/// <summary>
/// Counts what a target has and a source has not, by going through both listings side by side: they have one order.
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
    }

    private static async Task CountAsync<T>(IAsyncEnumerable<T> ours, IAsyncEnumerable<T> theirs, Action add)
        where T : IComparable<T>
    {
        await using var known = ours.GetAsyncEnumerator();
        var more = await known.MoveNextAsync();
        await foreach (var entry in theirs)
        {
            while (more && known.Current.CompareTo(entry) < 0)
                more = await known.MoveNextAsync();
            if (!more || known.Current.CompareTo(entry) != 0)
                add();
        }
    }
}
