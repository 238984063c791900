using System.Diagnostics;
using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Tests.Support;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Contract;

public abstract partial class BlobStoreContract
{
    private static readonly StoreKey Other = StoreKey.Of("packages", "other", "app");

    [Test]
    public async Task A_touch_changes_the_revision_and_time_of_a_blob_but_not_its_bytes(
        [Values(0, 1000, SeveralChunks)] int length)
    {
        var bytes = StorageShortcuts.Bytes(length);
        var last = await Blobs.CommitAsync(Scope, bytes, CancellationToken);
        var revisions = new HashSet<Revision> { last.Revision };
        for (var i = 0; i < 10; i++)
        {
            var touched = await Instance(i).Blobs.TouchAsync(last.Key, null, CancellationToken);
            Assert.That(touched!.IsNew, Is.False);
            Assert.That(touched.Epoch, Is.EqualTo(await Blobs.EpochAsync(CancellationToken)));
            Assert.That(touched.Info with { Revision = last.Revision, UploadedAt = last.UploadedAt }, Is.EqualTo(last));
            Assert.That(revisions.Add(touched.Info.Revision), Is.True);
            Assert.That(touched.Info.UploadedAt, Is.GreaterThan(last.UploadedAt));
            await AssertOneEntryAsync(last = touched.Info);
        }

        var content = await Two.Blobs.ReadAsync(last.Key, ByteRange.All, CancellationToken);
        Assert.That(content.AsSpan().SequenceEqual(bytes), Is.True);
        Assert.That(await Blobs.DiscardAbandonedAsync(TimeSpan.Zero, CancellationToken), Is.Zero);
    }

    [Test]
    public async Task Touching_or_copying_an_absent_blob_is_null()
    {
        var key = new BlobKey(Scope, StorageShortcuts.DigestOf(Small));
        await Blobs.CommitAsync(Other, Small, CancellationToken);
        Assert.That(await Blobs.TouchAsync(key, null, CancellationToken), Is.Null);
        Assert.That(await Blobs.CopyAsync(key, Other, CancellationToken), Is.Null);
        Assert.That(await Blobs.CopyAsync(key, Scope, CancellationToken), Is.Null);
        await Blobs.TryDeleteAsync(
            (await Blobs.CommitAsync(Scope, Small, CancellationToken)).Key, Precondition.None, CancellationToken);
        Assert.That(await Two.Blobs.TouchAsync(key, null, CancellationToken), Is.Null, "it was deleted");
        Assert.That(await Blobs.InfosAsync(Scope, ScopeDepth.Exact, null, CancellationToken), Is.Empty);
    }

    [Test]
    public async Task A_touch_is_later_than_a_time_in_the_future_and_replaces_one_in_the_past()
    {
        foreach (var days in (int[])[-5_000, 50_000])
        {
            var given = TimeProvider.System.GetUtcNow().AddDays(days);
            var last = await Blobs.CommitAsync(Scope, Small, given, CancellationToken);
            for (var i = 0; i < 3; i++)
            {
                var touched = (await Instance(i).Blobs.TouchAsync(last.Key, null, CancellationToken))!.Info;
                Assert.That(touched.UploadedAt, Is.GreaterThan(last.UploadedAt));
                var expected = days > 0 ? given : TimeProvider.System.GetUtcNow();
                Assert.That(touched.UploadedAt, Is.EqualTo(expected).Within(TimeSpan.FromMinutes(1)));
                await AssertOneEntryAsync(last = touched);
            }
        }
    }

    [Test]
    public async Task A_touch_sets_the_time_that_it_is_given_and_the_next_one_the_current_time()
    {
        var created = await Blobs.CommitAsync(Scope, Small, CancellationToken);
        var revisions = new HashSet<Revision> { created.Revision };
        var given = new DateTimeOffset(2017, 3, 4, 5, 6, 7, TimeSpan.Zero).AddMicroseconds(123_456);
        foreach (var time in (DateTimeOffset[])[DateTimeOffset.UnixEpoch, given, DateTimeOffset.UnixEpoch])
        {
            for (var i = 0; i < 2; i++)
            {
                var old = (await Instance(i).Blobs.TouchAsync(created.Key, time, CancellationToken))!.Info;
                Assert.That(old.UploadedAt, Is.EqualTo(time));
                Assert.That(revisions.Add(old.Revision), Is.True);
                await AssertOneEntryAsync(old);
            }

            var touched = (await Two.Blobs.TouchAsync(created.Key, null, CancellationToken))!.Info;
            Assert.That(
                touched.UploadedAt, Is.EqualTo(TimeProvider.System.GetUtcNow()).Within(TimeSpan.FromMinutes(1)));
            Assert.That(revisions.Add(touched.Revision), Is.True);
            await AssertOneEntryAsync(touched);
        }

        Assert.That(await Blobs.ReadAsync(created.Key, ByteRange.All, CancellationToken), Is.EqualTo(Small));
        var absent = new BlobKey(Other, created.Key.Digest);
        Assert.That(await Blobs.TouchAsync(absent, given, CancellationToken), Is.Null);
    }

    [Test]
    public async Task A_delete_of_the_revision_before_a_touch_is_refused()
    {
        var seen = await Blobs.CommitAsync(Scope, Small, CancellationToken);
        var touched = await Two.Blobs.TouchAsync(seen.Key, null, CancellationToken);
        Assert.That(
            await Blobs.TryDeleteAsync(seen.Key, Precondition.Matches(seen.Revision), CancellationToken), Is.False);
        Assert.That(
            await Blobs.TryDeleteAsync(seen.Key, Precondition.Matches(touched!.Info.Revision), CancellationToken),
            Is.True);
    }

    [Test]
    public async Task A_blob_touched_during_its_collection_exists_afterwards_or_was_reported_absent()
    {
        const int Rounds = 40;
        for (var round = 0; round < Rounds; round++)
        {
            var began = Stopwatch.GetTimestamp();
            var seen = await Blobs.CommitAsync(Scope, Small, CancellationToken);
            var moment = Stopwatch.GetElapsedTime(began) * (1.3 * round / Rounds);
            var results = await RaceAsync(2, async i =>
            {
                if (i == 1)
                    return await Two.Blobs.TouchAsync(seen.Key, null, CancellationToken) is not null;
                for (var started = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(started) < moment;)
                    await Task.Yield();
                return await One.Blobs.TryDeleteAsync(
                    seen.Key, Precondition.Matches(seen.Revision), CancellationToken);
            });
            Assert.That(results.Count(success => success), Is.EqualTo(1), "deleted, or touched before");
            Assert.That(
                await Blobs.StatAsync(seen.Key, CancellationToken), results[1] ? Is.Not.Null : Is.Null);
        }
    }

    [Test]
    public async Task Concurrent_touches_and_commits_have_distinct_revisions_and_times()
    {
        var first = await Blobs.CommitAsync(Scope, Small, CancellationToken);
        var infos = await RaceAsync(8, async i => i < 4
            ? (await Instance(i).Blobs.TouchAsync(first.Key, null, CancellationToken))!.Info
            : await Instance(i).Blobs.CommitAsync(Scope, Small, CancellationToken));
        Assert.That(infos.Append(first).Select(info => info.Revision), Is.Unique);
        Assert.That(infos.Append(first).Select(info => info.UploadedAt), Is.Unique);
        await AssertOneEntryAsync(infos.MaxBy(info => info.UploadedAt)!);
    }

    [Test]
    public async Task A_copy_has_the_bytes_of_its_source_and_is_independent_of_it(
        [Values(0, 1000, SeveralChunks)] int length)
    {
        var bytes = StorageShortcuts.Bytes(length);
        var source = await One.Blobs.CommitAsync(
            Other, bytes, new DateTimeOffset(2017, 3, 4, 5, 6, 7, TimeSpan.Zero), CancellationToken);
        var before = TimeProvider.System.GetUtcNow();
        var copy = await Two.Blobs.CopyAsync(source.Key, Scope, CancellationToken);
        Assert.That(copy!.IsNew, Is.True);
        Assert.That(copy.Epoch, Is.EqualTo(await Blobs.EpochAsync(CancellationToken)));
        Assert.That(copy.Info.Key, Is.EqualTo(new BlobKey(Scope, source.Key.Digest)));
        Assert.That(copy.Info.Length, Is.EqualTo(length));
        Assert.That(copy.Info.UploadedAt, Is.EqualTo(before).Within(TimeSpan.FromMinutes(1)));
        await AssertOneEntryAsync(copy.Info);
        Assert.That(await One.Blobs.StatAsync(source.Key, CancellationToken), Is.EqualTo(source));
        Assert.That(await Blobs.DiscardAbandonedAsync(TimeSpan.Zero, CancellationToken), Is.Zero);

        Assert.That(await One.Blobs.TryDeleteAsync(source.Key, Precondition.None, CancellationToken), Is.True);
        await One.Blobs.DiscardAbandonedAsync(TimeSpan.Zero, CancellationToken);
        var content = await One.Blobs.ReadAsync(copy.Info.Key, ByteRange.All, CancellationToken);
        Assert.That(content.AsSpan().SequenceEqual(bytes), Is.True);
    }

    [Test]
    public async Task Copying_onto_a_blob_touches_it([Values(1000, SeveralChunks)] int length, [Values] bool sameScope)
    {
        var bytes = StorageShortcuts.Bytes(length);
        var source = await Blobs.CommitAsync(Other, bytes, CancellationToken);
        var scope = sameScope ? Other : Scope;
        var existing = await Blobs.CommitAsync(scope, bytes, CancellationToken);
        var copy = await Two.Blobs.CopyAsync(source.Key, scope, CancellationToken);
        Assert.That(copy!.IsNew, Is.False);
        Assert.That(copy.Info.Revision, Is.Not.EqualTo(existing.Revision));
        Assert.That(copy.Info.UploadedAt, Is.GreaterThan(existing.UploadedAt));
        Assert.That(await Blobs.StatAsync(existing.Key, CancellationToken), Is.EqualTo(copy.Info));
        var content = await Blobs.ReadAsync(existing.Key, ByteRange.All, CancellationToken);
        Assert.That(content.AsSpan().SequenceEqual(bytes), Is.True);
        Assert.That(await Blobs.DiscardAbandonedAsync(TimeSpan.Zero, CancellationToken), Is.Zero);
    }

    [Test]
    public async Task Of_concurrent_copies_and_commits_exactly_one_creates_the_blob()
    {
        for (var round = 0; round < 4; round++)
        {
            var bytes = StorageShortcuts.Bytes(round % 2 == 0 ? 50_000 : SeveralChunks, round);
            var source = await Blobs.CommitAsync(Other, bytes, CancellationToken);
            var results = await RaceAsync(4, async i => i < 2
                ? (await Instance(i).Blobs.CopyAsync(source.Key, Scope, CancellationToken))!
                : await Instance(i).Blobs.CommitBlobAsync(Scope, bytes, null, CancellationToken));
            Assert.That(results.Count(result => result.IsNew), Is.EqualTo(1));
            Assert.That(results.Select(result => result.Info.Revision), Is.Unique);
            var content = await Blobs.ReadAsync(results[0].Info.Key, ByteRange.All, CancellationToken);
            Assert.That(content.AsSpan().SequenceEqual(bytes), Is.True);
        }
    }

    [Test]
    public async Task A_copy_racing_the_delete_of_its_source_is_whole_or_null_or_throws(
        [Values(1000, SeveralChunks)] int length)
    {
        var bytes = StorageShortcuts.Bytes(length);
        for (var round = 0; round < (length == 1000 ? 20 : 6); round++)
        {
            var source = await Blobs.CommitAsync(Other, bytes, CancellationToken);
            var results = await RaceAsync(2, async i =>
            {
                if (i == 0)
                    return await One.Blobs.TryDeleteAsync(source.Key, Precondition.None, CancellationToken);
                try
                {
                    return await Two.Blobs.CopyAsync(source.Key, Scope, CancellationToken) is not null;
                }
                catch (StorageException)
                {
                    // The source was deleted while it was copied, and the copy reported it.
                    return false;
                }
            });
            Assert.That(results[0], Is.True);
            var copy = new BlobKey(Scope, source.Key.Digest);
            var content = await Blobs.ReadAsync(copy, ByteRange.All, CancellationToken);
            Assert.That(content is not null, Is.EqualTo(results[1]));
            if (content is not null)
                Assert.That(content.AsSpan().SequenceEqual(bytes), Is.True);
            await Blobs.TryDeleteAsync(copy, Precondition.None, CancellationToken);
        }

        Assert.That(await Blobs.DiscardAbandonedAsync(TimeSpan.Zero, CancellationToken), Is.Zero);
    }

    [Test]
    public async Task A_cancelled_copy_takes_effect_completely_or_not_at_all([Values(60_000, SeveralChunks)] int length)
    {
        for (var round = 1; round <= (length == 60_000 ? 20 : 8); round++)
        {
            var bytes = StorageShortcuts.Bytes(length, round);
            var source = await Blobs.CommitAsync(Other, bytes, CancellationToken);
            using var cancel = CancellationTokenSource.CreateLinkedTokenSource(CancellationToken);
            var copying = Task.Run(
                async () => await Blobs.CopyAsync(source.Key, Scope, cancel.Token), CancellationToken);
            for (var i = 0; i < round; i++)
                await Task.Yield();
            await cancel.CancelAsync();
            var key = new BlobKey(Scope, source.Key.Digest);
            try
            {
                Assert.That(await copying, Is.Not.Null);
                Assert.That(await Two.Blobs.StatAsync(key, CancellationToken), Is.Not.Null);
            }
            catch (OperationCanceledException)
            {
                // The read below shows whether the copy was made.
            }

            var content = await Two.Blobs.ReadAsync(key, ByteRange.All, CancellationToken);
            if (content is not null)
                Assert.That(content.AsSpan().SequenceEqual(bytes), Is.True);
        }

        Assert.That(await Blobs.DiscardAbandonedAsync(TimeSpan.Zero, CancellationToken), Is.Zero);
        Assert.That(
            async () => await Blobs.TouchAsync(new BlobKey(Other, StorageShortcuts.DigestOf([])), null, Cancelled),
            Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    [NonParallelizable]
    public async Task Memory_does_not_grow_with_the_length_of_a_copy()
    {
        const int Chunk = 1024 * 1024;
        const int Chunks = 40;
        using var sha256 = System.Security.Cryptography.IncrementalHash.CreateHash(
            System.Security.Cryptography.HashAlgorithmName.SHA256);
        BlobInfo source;
        await using (var writer = await Blobs.CreateAsync(Other, CancellationToken))
        {
            for (var i = 0; i < Chunks; i++)
            {
                var bytes = StorageShortcuts.Bytes(Chunk, i);
                sha256.AppendData(bytes);
                await writer.WriteAsync(bytes, CancellationToken);
            }

            source = (await writer.CommitAsync(
                Core.Storage.Digest.FromHash(sha256.GetHashAndReset()), null, CancellationToken)).Info;
        }

        var allowed = LiveMemory.Measure() + (24L * Chunk)
            + ((long)Chunk * Chunks * Storage.CopiesInProcess);
        var copying = Blobs.CopyAsync(source.Key, Scope, CancellationToken).AsTask();
        Assert.That(await LiveMemory.HighestUntilAsync(copying, CancellationToken), Is.LessThan(allowed));
        var copy = await copying;
        await using var reader = await Two.Blobs.OpenAsync(copy!.Info.Key, ByteRange.All, CancellationToken);
        var buffer = new byte[Chunk];
        for (var i = 0; i < Chunks; i++)
        {
            await reader!.Content.ReadExactlyAsync(buffer, CancellationToken);
            Assert.That(buffer.AsSpan().SequenceEqual(StorageShortcuts.Bytes(Chunk, i)), Is.True);
        }
    }
}
