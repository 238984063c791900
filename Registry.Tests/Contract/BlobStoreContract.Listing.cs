using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Contract;

public abstract partial class BlobStoreContract
{
    [Test]
    public async Task A_listing_is_in_ordinal_order_of_scope_and_digest()
    {
        // '@' sorts after digits and '/', and before '_' and letters: blobs sort among the scopes below theirs.
        string[][] names =
            [["a"], ["a", "0"], ["a", "b"], ["a", "b", "c"], ["a", "_"], ["a-b"], ["a.x"], ["b"], ["A"], ["a", ""]];
        var all = new List<BlobInfo>();
        foreach (var name in names)
            for (var seed = 0; seed < 3; seed++)
                all.Add(
                    await Blobs.CommitAsync(
                        StoreKey.Of(["packages", .. name]), StorageShortcuts.Bytes(10, seed), CancellationToken));

        var expected = all.OrderBy(info => info.Key.Value, StringComparer.Ordinal).ToList();
        Assert.That(
            await Two.Blobs.InfosAsync(StoreKeys.Packages, ScopeDepth.Subtree, null, CancellationToken),
            Is.EqualTo(expected));
        Assert.That(
            await Two.Blobs.InfosAsync(Key("packages", "a"), ScopeDepth.Subtree, null, CancellationToken),
            Is.EqualTo(expected.Where(info => info.Key.Value.StartsWith("packages/a/", StringComparison.Ordinal))));
        Assert.That(
            await Two.Blobs.InfosAsync(Key("packages", "a"), ScopeDepth.Exact, null, CancellationToken),
            Is.EqualTo(expected.Where(info => info.Key.Scope == Key("packages", "a"))));
        Assert.That(
            await Two.Blobs.InfosAsync(StoreKeys.Packages, ScopeDepth.Exact, null, CancellationToken), Is.Empty);
        Assert.That(
            await Two.Blobs.InfosAsync(Key("packages", "nothing"), ScopeDepth.Subtree, null, CancellationToken),
            Is.Empty);
    }

    [Test]
    public async Task A_listing_starts_after_a_key_that_need_not_exist([Values] ScopeDepth depth)
    {
        string[][] names = [["a"], ["a", "b"], ["a", "b", "c"], ["a-b"], ["b"]];
        foreach (var name in names)
            for (var seed = 0; seed < 3; seed++)
                await Blobs.CommitAsync(
                    StoreKey.Of(["packages", .. name]), StorageShortcuts.Bytes(10, seed), CancellationToken);
        var all = await Blobs.InfosAsync(StoreKeys.Packages, ScopeDepth.Subtree, null, CancellationToken);
        var scope = Key("packages", "a");
        var within = all.Where(
            info => info.Key.Scope == scope || (depth == ScopeDepth.Subtree && info.Key.Scope.IsBelow(scope))).ToList();
        var absent = StorageShortcuts.DigestOf([1, 2, 3]);
        BlobKey[] starts = [
            .. all.Select(info => info.Key), new(scope, absent), new(Key("packages", "a", "b"), absent),
            new(Key("a"), absent), new(Key("z"), absent)
        ];
        foreach (var after in starts)
            Assert.That(
                await Blobs.InfosAsync(scope, depth, after, CancellationToken),
                Is.EqualTo(within.Where(info => info.Key > after)),
                $"after {after}");
    }

    [Test]
    public async Task A_listing_longer_than_any_engine_page_is_complete_at_once_and_in_pages()
    {
        const int Count = 1_100;
        await Parallel.ForEachAsync(
            Enumerable.Range(0, Count),
            new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = CancellationToken },
            async (i, cancellationToken) =>
                await Instance(i).Blobs.CommitAsync(
                    Key("packages", $"n{i % 10}"), BitConverter.GetBytes(i), cancellationToken));
        var all = await Blobs.InfosAsync(StoreKeys.Packages, ScopeDepth.Subtree, null, CancellationToken);
        Assert.That(all, Has.Count.EqualTo(Count));
        Assert.That(all.Select(info => info.Key), Is.Ordered.And.Unique);

        var paged = new List<BlobInfo>();
        for (BlobKey? after = null; ; after = paged[^1].Key)
        {
            var before = paged.Count;
            await foreach (var info in Two.Blobs.ListAsync(
                StoreKeys.Packages, ScopeDepth.Subtree, after, CancellationToken))
            {
                paged.Add(info);
                if (paged.Count == before + 300)
                    break;
            }

            if (paged.Count < before + 300)
                break;
        }

        Assert.That(paged, Is.EqualTo(all));
    }

    [Test]
    public async Task Lasting_blobs_are_listed_exactly_once_while_others_are_added_deleted_and_touched()
    {
        var lasting = new List<BlobKey>();
        for (var i = 0; i < 60; i++)
            lasting.Add(
                (await Blobs.CommitAsync(
                    Key("packages", $"n{i % 5}"), BitConverter.GetBytes(i), CancellationToken)).Key);
        lasting.Sort();

        using var listed = CancellationTokenSource.CreateLinkedTokenSource(CancellationToken);
        var changing = Enumerable.Range(0, 2).Select(i => Task.Run(async () =>
        {
            for (var round = i; !listed.IsCancellationRequested; round += 2)
            {
                var scope = Key("packages", $"n{round % 5}");
                var temporary = await Instance(i).Blobs.CommitAsync(
                    scope, BitConverter.GetBytes(1_000 + (round % 50)), CancellationToken);
                var touched = round % 60;
                await Instance(i).Blobs.CommitAsync(
                    Key("packages", $"n{touched % 5}"), BitConverter.GetBytes(touched), CancellationToken);
                await Instance(i).Blobs.TryDeleteAsync(temporary.Key, Precondition.None, CancellationToken);
            }
        })).ToArray();

        for (var round = 0; round < 20; round++)
        {
            var keys = (await Instance(round).Blobs.InfosAsync(
                StoreKeys.Packages, ScopeDepth.Subtree, null, CancellationToken)).Select(info => info.Key).ToList();
            Assert.That(keys, Is.Ordered.And.Unique);
            Assert.That(keys.Intersect(lasting), Is.EqualTo(lasting));
        }

        await listed.CancelAsync();
        await Task.WhenAll(changing);
    }

    [Test]
    public async Task Deletes_ahead_of_a_running_listing_are_not_an_error()
    {
        for (var i = 0; i < 20; i++)
            await Blobs.CommitAsync(Key("packages", $"n{i}"), Small, CancellationToken);
        var all = await Blobs.InfosAsync(StoreKeys.Packages, ScopeDepth.Subtree, null, CancellationToken);
        var seen = new List<BlobInfo>();
        await foreach (var info in Blobs.ListAsync(StoreKeys.Packages, ScopeDepth.Subtree, null, CancellationToken))
        {
            seen.Add(info);
            if (seen.Count == 1)
                foreach (var late in all.Skip(10))
                    await Two.Blobs.TryDeleteAsync(late.Key, Precondition.None, CancellationToken);
        }

        Assert.That(seen.Take(10), Is.EqualTo(all.Take(10)));
    }
}
