using System.Runtime.CompilerServices;

namespace Registry.Core.Storage;

/// <summary>Documents in handfuls, for whoever shares them out among processors: one at a time, handing over would cost more than the work.</summary>
internal static class DocumentBatches
{
    /// <summary>A batch ends with the document that makes it so many.</summary>
    private const int MaxDocuments = 256;

    /// <summary>A batch ends with the document that makes it as long as this, in bytes.</summary>
    private const int FullBytes = 256 * 1024;

    /// <summary>The documents in their order. A batch has one at least, and is the receiver's own.</summary>
    public static async IAsyncEnumerable<IReadOnlyCollection<StoredDocument>> Of(
        IAsyncEnumerable<StoredDocument> documents, [EnumeratorCancellation] CancellationToken ct = default)
    {
        var (batch, bytes) = (new List<StoredDocument>(MaxDocuments), 0);
        await foreach (var document in documents.WithCancellation(ct))
        {
            batch.Add(document);
            bytes += document.Document.Content.Length;
            if (batch.Count < MaxDocuments && bytes < FullBytes)
                continue;
            yield return batch;
            (batch, bytes) = (new List<StoredDocument>(MaxDocuments), 0);
        }

        if (batch.Count > 0)
            yield return batch;
    }
}
