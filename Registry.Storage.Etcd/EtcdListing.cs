using System.Runtime.CompilerServices;
using Etcdserverpb;
using Mvccpb;
using Registry.Core.Storage;

namespace Registry.Storage.Etcd;

/// <summary>
/// Reads listings of any length in pages. Each page starts after the last key of the previous one, so no entry is
/// repeated or skipped.
/// </summary>
internal static class EtcdListing
{
    private const int PageEntries = 1000;

    /// <summary>
    /// The target size of a page of documents, in bytes. Pages are large because etcd visits all remaining keys for
    /// each page.
    /// </summary>
    private const int PageBytes = 2 * 1024 * 1024;

    /// <summary>The maximum number of documents in a page.</summary>
    private const int PageDocuments = 4 * PageEntries;

    /// <summary>The number of documents of maximum size that fit in one response.</summary>
    private const int SafeEntries = 8;

    /// <summary>
    /// Reads the entries of a range with their values of at most <see cref="Document.MaxBytes"/>, in pages of about
    /// <see cref="PageBytes"/>. etcd limits pages only by number, so the limit follows the size of the previous page.
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
                // Large documents after many small ones may have exceeded the maximum size of a response.
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

    /// <summary>Reads the entries of a range in key order, with or without their values.</summary>
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
