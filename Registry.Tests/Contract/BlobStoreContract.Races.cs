using System.Diagnostics;
using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Tests.Support;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Contract;

public abstract partial class BlobStoreContract
{
    [Test]
    public async Task Concurrent_commits_of_the_same_bytes_all_succeed_with_distinct_revisions_and_times()
    {
        for (var round = 0; round < 5; round++)
        {
            var bytes = StorageShortcuts.Bytes(50_000, round);
            var commits =
                await RaceAsync(8, i => Instance(i).Blobs.CommitBlobAsync(Scope, bytes, null, CancellationToken));
            Assert.That(commits.Count(commit => commit.IsNew), Is.EqualTo(1), "exactly one of them created it");
            var infos = commits.Select(commit => commit.Info).ToArray();
            Assert.That(infos.Select(info => info.Revision), Is.Unique);
            Assert.That(infos.Select(info => info.UploadedAt), Is.Unique);
            Assert.That(
                await Blobs.StatAsync(infos[0].Key, CancellationToken),
                Is.EqualTo(infos.MaxBy(info => info.UploadedAt)));
            Assert.That(await Blobs.ReadAsync(infos[0].Key, ByteRange.All, CancellationToken), SameBytes.As(bytes));
        }
    }

    [Test]
    public async Task A_blob_committed_during_its_collection_exists_afterwards()
    {
        // Round by round, the deletes move from before the commit to after it.
        const int Rounds = 60;
        for (var round = 0; round < Rounds; round++)
        {
            var began = Stopwatch.GetTimestamp();
            var seen = await Blobs.CommitAsync(Scope, Small, CancellationToken);
            var moment = Stopwatch.GetElapsedTime(began) * (1.3 * round / Rounds);
            var results = await RaceAsync(3, async i =>
            {
                if (i == 2)
                    return (await Instance(round).Blobs.CommitAsync(Scope, Small, CancellationToken)).Length == 0;
                for (var started = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(started) < moment;)
                    await Task.Yield();
                return await Instance(i).Blobs.TryDeleteAsync(
                    seen.Key, Precondition.Matches(seen.Revision), CancellationToken);
            });
            Assert.That(results.Count(deleted => deleted), Is.AtMost(1), "a revision is deleted at most once");
            Assert.That(await Blobs.ReadAsync(seen.Key, ByteRange.All, CancellationToken), Is.EqualTo(Small));
            Assert.That(await Blobs.InfosAsync(Scope, ScopeDepth.Exact, null, CancellationToken), Has.Count.EqualTo(1));
        }
    }

    [Test]
    public async Task Only_one_of_many_concurrent_deletes_of_a_revision_succeeds()
    {
        for (var round = 0; round < 20; round++)
        {
            var seen = await Blobs.CommitAsync(Scope, Small, CancellationToken);
            var deleted = await RaceAsync(
                6,
                async i =>
                    await Instance(i).Blobs.TryDeleteAsync(
                        seen.Key, Precondition.Matches(seen.Revision), CancellationToken));
            Assert.That(deleted.Count(success => success), Is.EqualTo(1));
        }
    }

    [Test]
    public async Task Creating_and_deleting_neighboring_blobs_concurrently_does_not_interfere()
    {
        // Where scopes are folders, the last delete removes the folder that the next commit needs.
        await RaceAsync(8, async i =>
        {
            var scope = Key("packages", "deep", "deeper", $"{i % 4}");
            var bytes = StorageShortcuts.Bytes(100, i);
            for (var round = 0; round < 15; round++)
            {
                var info = await Instance(i).Blobs.CommitAsync(scope, bytes, CancellationToken);
                Assert.That(
                    await Instance(i).Blobs.TryDeleteAsync(
                        info.Key, Precondition.Matches(info.Revision), CancellationToken),
                    Is.True);
            }

            return true;
        });
        Assert.That(await Blobs.InfosAsync(StoreKeys.Packages, ScopeDepth.Subtree, null, CancellationToken), Is.Empty);
    }

    [Test]
    public async Task Large_blobs_written_concurrently_do_not_mix()
    {
        var infos = await RaceAsync(4, async i =>
        {
            var bytes = StorageShortcuts.Bytes(SeveralChunks, i);
            await using var writer = await Instance(i).Blobs.CreateAsync(Scope, CancellationToken);
            for (var at = 0; at < bytes.Length; at += 100_000)
                await writer.WriteAsync(bytes.AsMemory(at, Math.Min(100_000, bytes.Length - at)), CancellationToken);
            return (await writer.CommitAsync(StorageShortcuts.DigestOf(bytes), null, CancellationToken)).Info;
        });
        foreach (var info in infos)
            Assert.That(
                StorageShortcuts.DigestOf(await Blobs.ReadAsync(info.Key, ByteRange.All, CancellationToken)),
                Is.EqualTo(info.Key.Digest));
    }
}
