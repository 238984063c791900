using System.Text;
using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Contract;

/// <summary>
/// Contract of every document store. A backend joins with a subclass that overrides
/// <see cref="StorageContract.StartAsync"/> and adds no test.
/// </summary>
public abstract partial class DocumentStoreContract : StorageContract
{
    private static readonly StoreKey Sample = StoreKey.Of("packages", "sample", "app");

    private IDocumentStore Documents => One.Documents;

    [Test]
    public async Task A_document_is_read_back_with_its_revision()
    {
        var revision = await Documents.PutAsync(Sample, "one", Precondition.Absent, CancellationToken);
        var document = await Documents.GetAsync(Sample, CancellationToken);
        Assert.That(document!.Text(), Is.EqualTo("one"));
        Assert.That(document!.Revision, Is.EqualTo(revision));
    }

    [Test]
    public async Task A_write_acknowledged_by_one_instance_is_visible_in_the_other_immediately()
    {
        for (var i = 0; i < 20; i++)
        {
            var revision = await Instance(i).Documents.PutAsync(Sample, $"{i}", Precondition.None, CancellationToken);
            Assert.That(await Instance(i + 1).Documents.StatAsync(Sample, CancellationToken), Is.EqualTo(revision));
            var seen = await Instance(i + 1).Documents.GetAsync(Sample, CancellationToken);
            Assert.That(seen?.Revision, Is.EqualTo(revision));
            Assert.That(seen!.Text(), Is.EqualTo($"{i}"));
        }

        Assert.That(await One.Documents.TryDeleteAsync(Sample, Precondition.None, CancellationToken), Is.True);
        Assert.That(await Two.Documents.GetAsync(Sample, CancellationToken), Is.Null);
        Assert.That(await Two.Documents.StatAsync(Sample, CancellationToken), Is.Null);
        Assert.That(await Two.Documents.KeysAsync(StoreKeys.Packages, null, CancellationToken), Is.Empty);
    }

    [Test]
    public async Task An_absent_document_is_null()
    {
        // Documents below the key and beside it are different documents.
        await Documents.PutAsync(
            StoreKey.Of("packages", "sample", "app", "below"), "one", Precondition.Absent, CancellationToken);
        await Documents.PutAsync(
            StoreKey.Of("packages", "sample", "apple"), "one", Precondition.Absent, CancellationToken);
        Assert.That(await Documents.GetAsync(Sample, CancellationToken), Is.Null);
        Assert.That(await Documents.StatAsync(Sample, CancellationToken), Is.Null);
    }

    [Test]
    public async Task An_empty_document_is_valid()
    {
        await Documents.PutAsync(Sample, "", Precondition.Absent, CancellationToken);
        Assert.That((await Documents.GetAsync(Sample, CancellationToken))!.Content.Length, Is.Zero);
        Assert.That(
            await Documents.KeysAsync(StoreKeys.Packages, null, CancellationToken), Is.EqualTo(new[] { Sample.Value }));
    }

    [Test]
    public async Task A_document_of_the_maximum_size_is_stored_in_full()
    {
        var bytes = StorageShortcuts.Bytes(Document.MaxBytes);
        await Documents.TryPutAsync(Sample, bytes, Precondition.Absent, CancellationToken);
        Assert.That((await Documents.GetAsync(Sample, CancellationToken))!.Content.Span.SequenceEqual(bytes), Is.True);
    }

    [Test]
    public async Task A_document_that_is_too_large_throws_ArgumentException_and_changes_nothing()
    {
        await Documents.PutAsync(Sample, "one", Precondition.Absent, CancellationToken);
        Assert.That(
            async () =>
                await Documents.TryPutAsync(
                    Sample, new byte[Document.MaxBytes + 1], Precondition.None, CancellationToken),
            Throws.InstanceOf<ArgumentException>());
        Assert.That((await Documents.GetAsync(Sample, CancellationToken))!.Text(), Is.EqualTo("one"));
    }

    [Test]
    public async Task A_read_document_never_changes_and_a_write_copies_its_buffer()
    {
        var buffer = Encoding.UTF8.GetBytes("one");
        await Documents.TryPutAsync(Sample, buffer, Precondition.Absent, CancellationToken);
        buffer.AsSpan().Fill((byte)'x');
        var first = await Documents.GetAsync(Sample, CancellationToken);
        await Documents.PutAsync(Sample, "two", Precondition.None, CancellationToken);
        Assert.That(first!.Text(), Is.EqualTo("one"));
    }

    [Test]
    public async Task Every_write_changes_the_revision_even_of_equal_bytes()
    {
        var seen = new HashSet<Revision>();
        for (var i = 0; i < 50; i++)
            Assert.That(
                seen.Add(await Instance(i).Documents.PutAsync(Sample, "same", Precondition.None, CancellationToken)),
                Is.True);
    }

    [Test]
    public async Task A_recreated_document_never_repeats_a_revision()
    {
        var seen = new HashSet<Revision>();
        for (var i = 0; i < 50; i++)
        {
            Assert.That(
                seen.Add(await Instance(i).Documents.PutAsync(Sample, "same", Precondition.Absent, CancellationToken)),
                Is.True);
            Assert.That(
                await Instance(i + 1).Documents.TryDeleteAsync(Sample, Precondition.None, CancellationToken), Is.True);
        }
    }

    [Test]
    public async Task Put_get_stat_and_list_agree_on_the_revision()
    {
        var revision = await Documents.PutAsync(Sample, "one", Precondition.Absent, CancellationToken);
        var listed = new List<DocumentEntry>();
        await foreach (var entry in Documents.ListAsync(StoreKeys.Packages, null, CancellationToken))
            listed.Add(entry);
        Assert.That(listed, Is.EqualTo(new[] { new DocumentEntry(Sample, revision) }));
        Assert.That((await Documents.GetAsync(Sample, CancellationToken))!.Revision, Is.EqualTo(revision));
        Assert.That(await Documents.StatAsync(Sample, CancellationToken), Is.EqualTo(revision));
    }

    [Test]
    public async Task A_revision_is_never_newer_than_a_content_read_after_it()
    {
        var revisions = new Dictionary<string, Revision>
        {
            ["0"] = await Documents.PutAsync(Sample, "0", Precondition.Absent, CancellationToken)
        };
        var writing = Task.Run(
            async () =>
            {
                for (var i = 1; i <= 30; i++)
                    revisions.Add(
                        $"{i}", await One.Documents.PutAsync(Sample, $"{i}", Precondition.None, CancellationToken));
            },
            CancellationToken);
        var seen = new List<(Revision Asked, string Read)>();
        do
            seen.Add(
                (
                    (await Two.Documents.StatAsync(Sample, CancellationToken))!.Value,
                    (await Two.Documents.GetAsync(Sample, CancellationToken))!.Text()));
        while (!writing.IsCompleted);
        await writing;
        var order = revisions.OrderBy(entry => int.Parse(entry.Key)).Select(entry => entry.Value).ToList();
        Assert.That(
            seen,
            Has.All.Matches<(Revision Asked, string Read)>(
                pair => order.IndexOf(pair.Asked) is >= 0 and var at && at <= int.Parse(pair.Read)));
    }

    [Test]
    public async Task Precondition_Absent_creates_once()
    {
        await Documents.PutAsync(Sample, "one", Precondition.Absent, CancellationToken);
        Assert.That(await Documents.TryPutAsync(Sample, "two", Precondition.Absent, CancellationToken), Is.Null);
        Assert.That((await Documents.GetAsync(Sample, CancellationToken))!.Text(), Is.EqualTo("one"));
    }

    [Test]
    public async Task Precondition_Matches_replaces_only_the_matching_revision()
    {
        var first = await Documents.PutAsync(Sample, "one", Precondition.Absent, CancellationToken);
        var second = await Documents.PutAsync(Sample, "two", Precondition.Matches(first), CancellationToken);
        Assert.That(
            await Documents.TryPutAsync(Sample, "three", Precondition.Matches(first), CancellationToken), Is.Null);
        Assert.That(
            await Documents.TryPutAsync(
                Sample, "three", Precondition.Matches(new Revision("not a revision")), CancellationToken),
            Is.Null);
        var document = await Documents.GetAsync(Sample, CancellationToken);
        Assert.That(document!.Text(), Is.EqualTo("two"));
        Assert.That(document!.Revision, Is.EqualTo(second));
    }

    [Test]
    public async Task Precondition_Matches_never_holds_for_an_absent_document()
    {
        var revision = await Documents.PutAsync(Sample, "one", Precondition.Absent, CancellationToken);
        await Documents.TryDeleteAsync(Sample, Precondition.None, CancellationToken);
        Assert.That(
            await Documents.TryPutAsync(Sample, "two", Precondition.Matches(revision), CancellationToken), Is.Null);
        Assert.That(
            await Documents.TryDeleteAsync(Sample, Precondition.Matches(revision), CancellationToken), Is.False);
        Assert.That(await Documents.GetAsync(Sample, CancellationToken), Is.Null);
    }

    [Test]
    public async Task A_delete_succeeds_only_if_its_precondition_holds()
    {
        Assert.That(
            await Documents.TryDeleteAsync(Sample, Precondition.None, CancellationToken),
            Is.False,
            "it does not exist");
        var first = await Documents.PutAsync(Sample, "one", Precondition.Absent, CancellationToken);
        var second = await Documents.PutAsync(Sample, "two", Precondition.None, CancellationToken);
        Assert.That(
            await Documents.TryDeleteAsync(Sample, Precondition.Matches(first), CancellationToken),
            Is.False,
            "it changed in between");
        Assert.That((await Documents.GetAsync(Sample, CancellationToken))!.Text(), Is.EqualTo("two"));
        Assert.That(await Documents.TryDeleteAsync(Sample, Precondition.Matches(second), CancellationToken), Is.True);
        Assert.That(await Documents.GetAsync(Sample, CancellationToken), Is.Null);
        Assert.That(
            await Documents.TryDeleteAsync(Sample, Precondition.Matches(second), CancellationToken),
            Is.False,
            "it is gone");
    }

    [Test]
    public async Task A_delete_requiring_absence_throws_ArgumentException()
    {
        await Documents.PutAsync(Sample, "one", Precondition.Absent, CancellationToken);
        Assert.That(
            async () => await Documents.TryDeleteAsync(Sample, Precondition.Absent, CancellationToken),
            Throws.InstanceOf<ArgumentException>());
        Assert.That(await Documents.GetAsync(Sample, CancellationToken), Is.Not.Null);
    }
}
