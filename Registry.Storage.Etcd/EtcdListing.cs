using System.Runtime.CompilerServices;
using Registry.Storage.Etcd.Protocol;

namespace Registry.Storage.Etcd;

/// <summary>Listings of any length, read in pages: each page goes on behind the last key of the one before, so nothing is seen twice or passed over.</summary>
internal static class EtcdListing
{
    private const int PageEntries = 1000;

    /// <summary>The entries of a range in order of their keys, with or without their values.</summary>
    public static async IAsyncEnumerable<KeyValue> ListAsync(
        this EtcdClient client, KeyRange range, bool keysOnly, [EnumeratorCancellation] CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        while (!range.IsEmpty)
        {
            var page = await client.RangeAsync(
                new RangeRequest { Key = range.From, RangeEnd = range.End, Limit = PageEntries, KeysOnly = keysOnly }, ct);
            foreach (var entry in page.Kvs)
                yield return entry;
            if (!page.More || page.Kvs.Count == 0)
                yield break;
            range = range.After(page.Kvs[^1].Key);
        }
    }
}
