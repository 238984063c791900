using System.Runtime.CompilerServices;

namespace Registry.Core.Storage;

/// <summary>How documents are read with their listing where the engine has no call for both.</summary>
public static class DocumentReading
{
    /// <summary>How many are being read while one is waited for, where a backend does not say.</summary>
    internal const int DefaultAhead = 16;

    /// <summary>Lists the documents and reads each of them: see <see cref="IDocumentStore.ReadAsync"/>.</summary>
    /// <param name="documents">Where they are.</param>
    /// <param name="scope">Where to look.</param>
    /// <param name="after">Start after this key, which need not exist; null starts at the beginning.</param>
    /// <param name="ahead">How many are being read while one is waited for; memory holds as many.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="StorageException">The storage did not answer.</exception>
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
            // Nobody waits for these any more: they end at once, and how is of no interest.
            await ended.CancelAsync();
            await Task.WhenAll(reads.Select(static next => (Task)next.Read))
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        // What was deleted meanwhile is not there to be shown.
        async ValueTask<StoredDocument?> NextAsync()
        {
            var (key, read) = reads.Dequeue();
            return await read is { } document ? new StoredDocument(key, document) : null;
        }
    }
}
