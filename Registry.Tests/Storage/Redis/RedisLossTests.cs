using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Storage.Redis;

/// <summary>Documents that are named, but whose keys somebody has deleted.</summary>
public sealed class RedisLossTests : RedisTests
{
    private static readonly StoreKey Other = StoreKey.Of("packages", "sample", "other");

    private IDocumentStore documents = null!;

    [SetUp]
    public async Task LoseDocument()
    {
        documents = Open().Documents;
        foreach (var key in new[] { Sample, Other })
            await documents.PutAsync(key, "one", Precondition.Absent, CancellationToken);
        Assert.That(await Server.CommandAsync("del", $"registry:document:{Sample.Value}"), Is.EqualTo("1"));
    }

    [Test]
    public async Task A_lost_document_is_damaged_and_never_absent()
    {
        foreach (var call in new Func<Task>[]
            {
                async () => await documents.GetAsync(Sample, CancellationToken),
                async () => await documents.StatAsync(Sample, CancellationToken),
                async () => await documents.ReadAsync(StoreKeys.Packages, after: null, CancellationToken)
                    .ToListAsync(CancellationToken),
            })
            Assert.That((await CatchFaultAsync(call)).Kind, Is.EqualTo(StorageFault.Corrupt));
        Assert.That((await documents.GetAsync(Other, CancellationToken))!.Text(), Is.EqualTo("one"));
    }

    [Test]
    public async Task A_listing_names_a_lost_document_with_a_revision_that_no_write_accepts()
    {
        var listed = await documents.ListAsync(StoreKeys.Packages, after: null, CancellationToken)
            .ToDictionaryAsync(entry => entry.Key, entry => entry.Revision, cancellationToken: CancellationToken);
        Assert.That(listed.Keys, Is.EquivalentTo([Sample, Other]));
        Assert.That(
            await documents.TryPutAsync(Sample, "two", Precondition.Matches(listed[Sample]), CancellationToken),
            Is.Null);
        Assert.That(
            await documents.TryDeleteAsync(Sample, Precondition.Matches(listed[Sample]), CancellationToken), Is.False);
    }

    [Test]
    public async Task A_lost_document_can_be_written_again()
    {
        await documents.PutAsync(Sample, "two", Precondition.Absent, CancellationToken);
        Assert.That((await documents.GetAsync(Sample, CancellationToken))!.Text(), Is.EqualTo("two"));
    }
}
