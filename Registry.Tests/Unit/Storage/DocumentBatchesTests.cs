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
        Assert.That(batches.SelectMany(static batch => batch), Is.EqualTo(Enumerable.Range(0, documents).Select(static i => $"packages/a/p{i}")), "all of them, in their order");
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
