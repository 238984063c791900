using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Registry.Core.Storage;

/// <summary>
/// Groups documents into batches for parallel processing. Handing them over one at a time would cost more than
/// processing them.
/// </summary>
internal static class DocumentBatches
{
    /// <summary>The maximum number of documents in a batch.</summary>
    private const int MaxDocuments = 256;

    /// <summary>A batch ends with the document that brings it to this size, in bytes.</summary>
    private const int FullBytes = 256 * 1024;

    /// <summary>
    /// The number of batches read ahead: as much as a storage sends at once, so that it keeps sending while they are
    /// processed.
    /// </summary>
    private const int Ahead = 8;

    /// <summary>
    /// Returns the documents in order. A batch is never empty, and the caller owns it. Reading continues while the
    /// caller processes a batch.
    /// </summary>
    public static async IAsyncEnumerable<IReadOnlyCollection<StoredDocument>> Of(
        IAsyncEnumerable<StoredDocument> documents,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var channel = Channel.CreateBounded<IReadOnlyCollection<StoredDocument>>(
            new BoundedChannelOptions(Ahead) { SingleWriter = true, SingleReader = true });
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var filling = Task.Run(() => FillAsync(channel.Writer, documents, stop.Token), CancellationToken.None);
        try
        {
            await foreach (var batch in channel.Reader.ReadAllAsync(CancellationToken.None))
                yield return batch;
        }
        finally
        {
            await stop.CancelAsync();
            await filling;
        }
    }

    /// <summary>Completes the channel, with the exception if reading failed. Never throws.</summary>
    private static async Task FillAsync(
        ChannelWriter<IReadOnlyCollection<StoredDocument>> batches,
        IAsyncEnumerable<StoredDocument> documents,
        CancellationToken cancellationToken)
    {
        try
        {
            var (batch, bytes) = (new List<StoredDocument>(MaxDocuments), 0);
            await foreach (var document in documents.WithCancellation(cancellationToken))
            {
                batch.Add(document);
                bytes += document.Document.Content.Length;
                if (batch.Count < MaxDocuments && bytes < FullBytes)
                    continue;
                await batches.WriteAsync(batch, cancellationToken);
                (batch, bytes) = (new List<StoredDocument>(MaxDocuments), 0);
            }

            if (batch.Count > 0)
                await batches.WriteAsync(batch, cancellationToken);
            batches.Complete();
        }
        catch (Exception exception)
        {
            // The reader of the channel throws it.
            batches.Complete(exception);
        }
    }
}
