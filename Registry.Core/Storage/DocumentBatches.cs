using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Registry.Core.Storage;

/// <summary>
/// Documents in handfuls, for whoever shares them out among processors: one at a time, handing over would cost more
/// than the work.
/// </summary>
internal static class DocumentBatches
{
    /// <summary>A batch ends with the document that makes it so many.</summary>
    private const int MaxDocuments = 256;

    /// <summary>A batch ends with the document that makes it as long as this, in bytes.</summary>
    private const int FullBytes = 256 * 1024;

    /// <summary>
    /// How many batches are read ahead: as much as a storage sends in one go, so that it goes on sending while that is
    /// worked at.
    /// </summary>
    private const int Ahead = 8;

    /// <summary>
    /// The documents in their order. A batch has one at least, and is the receiver's own. Reading goes on while the
    /// receiver works.
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

    /// <summary>Ends the channel with what ended the reading; throws nothing.</summary>
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
        catch (Exception failure)
        {
            // The receiver is told, where there still is one.
            batches.Complete(failure);
        }
    }
}
