using System.Runtime.CompilerServices;
using NUnit.Framework;
using Registry.Core.Storage;

namespace Registry.Tests.Unit.Storage;

public sealed class DocumentBatchesTests
{
    [TestCase(0, 100, new int[0])]
    [TestCase(1, 100, new[] { 1 })]
    [TestCase(256, 100, new[] { 256 })]
    [TestCase(600, 100, new[] { 256, 256, 88 })]
    [TestCase(5, 100 * 1024, new[] { 3, 2 })]
    [TestCase(3, 1024 * 1024, new[] { 1, 1, 1 })]
    public async Task Batches_end_at_256_documents_or_256_KiB(int documents, int bytes, int[] sizes)
    {
        var batches = new List<List<string>>();
        await foreach (var batch in DocumentBatches.Of(DocumentsAsync(documents, bytes)))
            batches.Add([.. batch.Select(static document => document.Key.Value)]);
        Assert.That(batches.Select(static batch => batch.Count), Is.EqualTo(sizes));
        Assert.That(
            batches.SelectMany(static batch => batch),
            Is.EqualTo(Enumerable.Range(0, documents).Select(static i => $"packages/a/p{i}")),
            "all documents, in order");
    }

    [Test]
    public async Task Reading_runs_ahead_of_the_consumer_within_bounds()
    {
        var read = 0;
        var limitReached = new TaskCompletionSource();
        await foreach (var batch in DocumentBatches.Of(CountedAsync()))
        {
            await limitReached.Task.WaitAsync(TimeSpan.FromSeconds(30));
            Assert.That(batch, Has.Count.EqualTo(256));
            break;
        }

        // One batch with the consumer, eight waiting, and one that does not fit.
        Assert.That(read, Is.EqualTo(256 * 10));

        async IAsyncEnumerable<StoredDocument> CountedAsync()
        {
            await foreach (var document in DocumentsAsync(100_000, 1))
            {
                if (++read == 256 * 10)
                    limitReached.SetResult();
                yield return document;
            }
        }
    }

    [Test]
    public async Task A_consumer_that_stops_early_ends_the_reading()
    {
        var ended = false;
        await foreach (var batch in DocumentBatches.Of(EndlessAsync()))
            break;
        Assert.That(ended, Is.True);

        async IAsyncEnumerable<StoredDocument> EndlessAsync(
            [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            try
            {
                await foreach (var document in DocumentsAsync(256, 1).WithCancellation(cancellationToken))
                    yield return document;
                await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
            }
            finally
            {
                ended = true;
            }
        }
    }

    [Test]
    public async Task A_failure_is_thrown_after_the_documents_read_before_it()
    {
        var batches = 0;
        var failure = await Assert.ThrowsAsync<StorageException>(async () =>
        {
            await foreach (var batch in DocumentBatches.Of(FailingAsync()))
                batches++;
        });
        Assert.That(failure!.Message, Is.EqualTo("gone"));
        Assert.That(batches, Is.EqualTo(2));

        async IAsyncEnumerable<StoredDocument> FailingAsync()
        {
            await foreach (var document in DocumentsAsync(512, 1))
                yield return document;
            throw new StorageException(StorageFault.Unavailable, "gone");
        }
    }

    [Test]
    public async Task Cancellation_ends_the_reading_and_the_consumer()
    {
        using var cancel = new CancellationTokenSource();
        await Assert.CatchAsync<OperationCanceledException>(async () =>
        {
            await foreach (var batch in DocumentBatches.Of(DocumentsAsync(100_000, 1), cancel.Token))
                await cancel.CancelAsync();
        });
    }

    private static StoreKey KeyOf(int number) =>
        StoreKey.TryParse($"packages/a/p{number}", out var key) ? key : throw new InvalidOperationException();

    private static async IAsyncEnumerable<StoredDocument> DocumentsAsync(int count, int bytes)
    {
        for (var i = 0; i < count; i++)
        {
            await Task.Yield();
            yield return new StoredDocument(KeyOf(i), new Document(new byte[bytes], new Revision("1")));
        }
    }
}
