using System.Runtime.CompilerServices;

namespace Registry.Core.Storage;

/// <summary>Reads documents along with their listing for engines that have no call for both.</summary>
public static class DocumentReading
{
    /// <summary>The default number of concurrent reads.</summary>
    internal const int DefaultAhead = 16;

    /// <summary>Lists documents and reads each of them: see <see cref="IDocumentStore.ReadAsync"/>.</summary>
    /// <param name="documents">The document store.</param>
    /// <param name="scope">The scope to list.</param>
    /// <param name="after">The key to start after, which need not exist; null for the beginning.</param>
    /// <param name="ahead">The number of concurrent reads, and so of documents in memory.</param>
    /// <param name="cancellationToken">Cancels the enumeration.</param>
    /// <exception cref="StorageException">The storage failed.</exception>
    public static async IAsyncEnumerable<StoredDocument> OneByOneAsync(
        IDocumentStore documents,
        StoreKey scope,
        StoreKey? after,
        int ahead,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var reads = new Queue<(StoreKey Key, Task<Document?> Read)>();
        try
        {
            await foreach (var entry in documents.ListAsync(scope, after, cancellationToken))
            {
                reads.Enqueue((entry.Key, documents.GetAsync(entry.Key, ended.Token).AsTask()));
                if (reads.Count > ahead && await NextAsync() is { } stored)
                    yield return stored;
            }

            while (reads.Count > 0)
                if (await NextAsync() is { } stored)
                    yield return stored;
        }
        finally
        {
            // The remaining reads are cancelled, and their results are not needed.
            await ended.CancelAsync();
            await Task.WhenAll(reads.Select(static next => (Task)next.Read))
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        // Null when the document was deleted after it was listed.
        async ValueTask<StoredDocument?> NextAsync()
        {
            var (key, read) = reads.Dequeue();
            return await read is { } document ? new StoredDocument(key, document) : null;
        }
    }
}
