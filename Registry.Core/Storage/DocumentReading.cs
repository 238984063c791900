using System.Runtime.CompilerServices;

namespace Registry.Core.Storage;

/// <summary>How documents are read with their listing where the engine has no call for both.</summary>
internal static class DocumentReading
{
    /// <summary>How many are being read while one is waited for.</summary>
    private const int Ahead = 16;

    public static async IAsyncEnumerable<StoredDocument> OneByOneAsync(
        IDocumentStore documents, StoreKey scope, StoreKey? after, [EnumeratorCancellation] CancellationToken ct)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var reads = new Queue<(StoreKey Key, Task<Document?> Read)>();
        try
        {
            await foreach (var entry in documents.ListAsync(scope, after, ct))
            {
                reads.Enqueue((entry.Key, documents.GetAsync(entry.Key, ended.Token).AsTask()));
                if (reads.Count > Ahead && await NextAsync() is { } stored)
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
            await Task.WhenAll(reads.Select(static next => (Task)next.Read)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        // What was deleted meanwhile is not there to be shown.
        async ValueTask<StoredDocument?> NextAsync()
        {
            var (key, read) = reads.Dequeue();
            return await read is { } document ? new StoredDocument(key, document) : null;
        }
    }
}
