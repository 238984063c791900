using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Tests.Support;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Contract;

public abstract partial class DocumentStoreContract
{
    [Test]
    public async Task A_listing_is_in_ordinal_order_of_the_whole_key()
    {
        // '%' < '-' < '.' < '/' < digits < '_' < letters: a folder's name sorts with the slash that follows it.
        string[][] names = [
            ["b"], ["b", "c"], ["b", "c", "d"], ["b-c"], ["b.x"], ["b.x", "y"], ["b_"], ["b0"], ["bc"], ["B"], ["b%"],
            ["b", ""], ["a", "z"], ["c"]
        ];
        var keys = names.Select(name => StoreKey.Of(["packages", .. name])).ToArray();
        foreach (var key in keys)
            await Documents.PutAsync(key, "x", Precondition.Absent, CancellationToken);
        var listed = await Documents.KeysAsync(StoreKeys.Packages, null, CancellationToken);
        Assert.That(listed, Is.EqualTo(keys.Select(key => key.Value).Order(StringComparer.Ordinal)));
    }

    [Test]
    public async Task A_listing_starts_after_a_key_that_need_not_exist()
    {
        StoreKey[] keys = [
            Key("packages", "a"), Key("packages", "a", "b"), Key("packages", "a", "c"), Key("packages", "a-b"),
            Key("packages", "b", "a"), Key("packages", "b", "b")
        ];
        foreach (var key in keys)
            await Documents.PutAsync(key, "x", Precondition.Absent, CancellationToken);
        StoreKey[] starts = [
            .. keys, Key("packages"), Key("packages", "a", "bb"), Key("packages", "a", "b", "c"), Key("packages", "b"),
            Key("packages", "c"), Key("a"), Key("z"), Key("packages", "a-b", "c")
        ];
        foreach (var after in starts)
        {
            Assert.That(
                await Documents.KeysAsync(StoreKeys.Packages, after, CancellationToken),
                Is.EqualTo(keys.Where(key => key > after).Order().Select(key => key.Value)),
                $"after {after}");
        }
    }

    [Test]
    public async Task A_scope_matches_whole_segments_and_excludes_the_document_of_its_own_key()
    {
        StoreKey[] keys = [
            Key("packages", "a"), Key("packages", "a", "b"), Key("packages", "a", "b", "c"), Key("packages", "ab"),
            Key("packages", "a-b", "c"), Key("other", "a", "b")
        ];
        foreach (var key in keys)
            await Documents.PutAsync(key, "x", Precondition.Absent, CancellationToken);
        Assert.That(
            await Documents.KeysAsync(Key("packages", "a"), null, CancellationToken),
            Is.EqualTo(new[] { "packages/a/b", "packages/a/b/c" }));
        Assert.That(
            await Documents.KeysAsync(Key("packages", "a", "b"), null, CancellationToken),
            Is.EqualTo(new[] { "packages/a/b/c" }));
        Assert.That(await Documents.KeysAsync(Key("packages", "nothing"), null, CancellationToken), Is.Empty);
    }

    [Test]
    public async Task Pages_add_up_to_the_whole_listing()
    {
        await PutManyAsync(60);
        var paged = new List<string>();
        for (StoreKey? after = null; ;)
        {
            var page = new List<StoreKey>();
            await foreach (var entry in Instance(paged.Count).Documents.ListAsync(
                StoreKeys.Packages, after, CancellationToken))
            {
                page.Add(entry.Key);
                if (page.Count == 7)
                    break;
            }

            paged.AddRange(page.Select(key => key.Value));
            if (page.Count < 7)
                break;
            after = page[^1];
        }

        Assert.That(paged, Is.EqualTo(await Documents.KeysAsync(StoreKeys.Packages, null, CancellationToken)));
        Assert.That(paged, Has.Count.EqualTo(60));
    }

    [Test]
    public async Task A_listing_longer_than_any_engine_page_is_complete()
    {
        var keys = await PutManyAsync(1_100);
        Assert.That(await Documents.KeysAsync(StoreKeys.Packages, null, CancellationToken), Is.EqualTo(keys));
    }

    [Test]
    public async Task Lasting_documents_are_listed_exactly_once_while_others_are_added_deleted_and_changed()
    {
        var lasting = await PutManyAsync(200);
        using var listed = CancellationTokenSource.CreateLinkedTokenSource(CancellationToken);
        var changing = Enumerable.Range(0, 2).Select(i => Task.Run(async () =>
        {
            for (var round = i; !listed.IsCancellationRequested; round += 2)
            {
                var temporary = Key("packages", $"n{round % 10}", $"passing{round % 30}");
                await Instance(i).Documents.TryPutAsync(temporary, "x", Precondition.None, CancellationToken);
                await Instance(i).Documents.TryPutAsync(
                    StoreKeyOf(lasting[round * 7 % lasting.Count]), "changed", Precondition.None, CancellationToken);
                await Instance(i).Documents.TryDeleteAsync(temporary, Precondition.None, CancellationToken);
            }
        })).ToArray();

        for (var round = 0; round < 20; round++)
        {
            var keys = await Instance(round).Documents.KeysAsync(StoreKeys.Packages, null, CancellationToken);
            Assert.That(keys, Is.Ordered.Using((IComparer<string>)StringComparer.Ordinal));
            Assert.That(keys, Is.Unique);
            Assert.That(keys.Where(key => !key.Contains("passing")), Is.EqualTo(lasting));
        }

        await listed.CancelAsync();
        await Task.WhenAll(changing);
    }

    [Test]
    public async Task A_listing_with_contents_returns_each_document_unchanged()
    {
        var keys = await PutManyAsync(40);
        foreach (var (index, length) in ((int, int)[])[
            (0, 0), (7, Document.MaxBytes), (8, Document.MaxBytes), (39, 300_000)
        ])
            await Documents.TryPutAsync(
                StoreKeyOf(keys[index]), StorageShortcuts.Bytes(length), Precondition.None, CancellationToken);
        var read = new List<StoredDocument>();
        await foreach (var stored in Two.Documents.ReadAsync(StoreKeys.Packages, null, CancellationToken))
            read.Add(stored);
        Assert.That(read.Select(stored => stored.Key.Value), Is.EqualTo(keys));
        foreach (var (key, document) in read)
        {
            var expected = await Documents.GetAsync(key, CancellationToken);
            Assert.That(document.Revision, Is.EqualTo(expected!.Revision));
            Assert.That(document.Content.ToArray(), SameBytes.As(expected.Content.ToArray()));
        }

        var rest = new List<StoreKey>();
        await foreach (var stored in Documents.ReadAsync(
            Key("packages", "n3"), StoreKeyOf(keys[13]), CancellationToken))
            rest.Add(stored.Key);
        Assert.That(
            rest.Select(key => key.Value),
            Is.EqualTo(keys.Where((key, i) => i > 13 && key.StartsWith("packages/n3/", StringComparison.Ordinal))));
        Assert.That(async () => await ReadFirstAsync(Cancelled), Throws.InstanceOf<OperationCanceledException>());

        async Task ReadFirstAsync(CancellationToken cancellationToken)
        {
            await foreach (var stored in Documents.ReadAsync(StoreKeys.Packages, null, cancellationToken))
                break;
        }
    }

    [Test]
    public async Task Deletes_ahead_of_a_running_listing_are_not_an_error()
    {
        var keys = await PutManyAsync(30);
        var seen = new List<string>();
        await foreach (var entry in Documents.ListAsync(StoreKeys.Packages, null, CancellationToken))
        {
            seen.Add(entry.Key.Value);
            if (seen.Count == 1)
            {
                foreach (var key in keys.Skip(10))
                    await Two.Documents.TryDeleteAsync(StoreKeyOf(key), Precondition.None, CancellationToken);
            }
        }

        Assert.That(seen.Take(10), Is.EqualTo(keys.Take(10)));
    }

    private static StoreKey StoreKeyOf(string value) =>
        StoreKey.TryParse(value, out var key) ? key : throw new ArgumentException(value);

    /// <summary>Puts documents into ten namespaces and returns their keys in order.</summary>
    private async Task<List<string>> PutManyAsync(int count)
    {
        var keys = Enumerable.Range(0, count).Select(i => Key("packages", $"n{i % 10}", $"p{i}")).ToArray();
        await Parallel.ForEachAsync(
            keys,
            new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = CancellationToken },
            async (key, cancellationToken) =>
                await Documents.PutAsync(key, "x", Precondition.Absent, cancellationToken));
        return [.. keys.Order().Select(key => key.Value)];
    }
}
