using System.Runtime.CompilerServices;
using Etcdserverpb;
using Mvccpb;
using Registry.Core.Storage;

namespace Registry.Storage.Etcd;

/// <summary>
/// Listings of any length, read in pages: each page goes on behind the last key of the one before, so nothing is seen
/// twice or passed over.
/// </summary>
internal static class EtcdListing
{
    private const int PageEntries = 1000;

    /// <summary>
    /// A page of documents goes from here on to fewer of them. For each page etcd visits all keys behind it, so pages
    /// are few and large.
    /// </summary>
    private const int PageBytes = 2 * 1024 * 1024;

    /// <summary>How many documents a page has at most.</summary>
    private const int PageDocuments = 4 * PageEntries;

    /// <summary>So many documents of the greatest length fit into one answer.</summary>
    private const int SafeEntries = 8;

    /// <summary>
    /// The entries of a range with their values, of at most <see cref="Document.MaxBytes"/>, in pages of about
    /// <see cref="PageBytes"/>: etcd bounds pages by number alone, so that follows the size of the page before.
    /// </summary>
    public static async IAsyncEnumerable<KeyValue> ReadAsync(
        this EtcdClient client, KeyRange range, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        for (var limit = SafeEntries; !range.IsEmpty;)
        {
            RangeResponse page;
            try
            {
                page = await client.RangeAsync(
                    new RangeRequest { Key = range.From, RangeEnd = range.End, Limit = limit }, cancellationToken);
            }
            catch (StorageException) when (limit > SafeEntries)
            {
                // Large documents behind many small ones may have made it too long an answer.
                limit = SafeEntries;
                continue;
            }

            foreach (var entry in page.Kvs)
                yield return entry;
            if (!page.More || page.Kvs.Count == 0)
                yield break;
            range = range.After(page.Kvs[^1].Key);
            limit = page.CalculateSize() < PageBytes
                ? Math.Min(limit * 2, PageDocuments)
                : Math.Max(limit / 2, SafeEntries);
        }
    }

    /// <summary>The entries of a range in order of their keys, with or without their values.</summary>
    public static async IAsyncEnumerable<KeyValue> ListAsync(
        this EtcdClient client,
        KeyRange range,
        bool keysOnly,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        while (!range.IsEmpty)
        {
            var page = await client.RangeAsync(
                new RangeRequest
                {
                    Key = range.From,
                    RangeEnd = range.End,
                    Limit = PageEntries,
                    KeysOnly = keysOnly
                }, cancellationToken);
            foreach (var entry in page.Kvs)
                yield return entry;
            if (!page.More || page.Kvs.Count == 0)
                yield break;
            range = range.After(page.Kvs[^1].Key);
        }
    }
}
