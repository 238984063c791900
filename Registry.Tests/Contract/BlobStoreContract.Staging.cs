using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Tests.Support;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Contract;

public abstract partial class BlobStoreContract
{
    private static readonly CancellationToken Cancelled = new(canceled: true);

    [Test]
    public async Task Committing_a_discarded_upload_fails_and_publishes_nothing(
        [Values] bool existed, [Values(1000, SeveralChunks)] int length)
    {
        var bytes = StorageShortcuts.Bytes(length);
        var old = existed ? await Blobs.CommitAsync(Scope, bytes, CancellationToken) : null;
        await using var writer = await Blobs.CreateAsync(Scope, CancellationToken);
        await writer.WriteAsync(bytes, CancellationToken);
        Assert.That(await Blobs.DiscardAbandonedAsync(TimeSpan.Zero, CancellationToken), Is.EqualTo(1));
        Assert.That(
            async () => await writer.CommitAsync(StorageShortcuts.DigestOf(bytes), null, CancellationToken),
            Throws.InstanceOf<StorageException>());
        Assert.That(
            await Blobs.DiscardAbandonedAsync(TimeSpan.Zero, CancellationToken),
            Is.Zero,
            "a discarded upload is not discarded again");
        Assert.That(
            await Blobs.StatAsync(new BlobKey(Scope, StorageShortcuts.DigestOf(bytes)), CancellationToken),
            Is.EqualTo(old));
    }

    [Test]
    public async Task A_recently_written_upload_is_not_discarded()
    {
        await using var writer = await Blobs.CreateAsync(Scope, CancellationToken);
        await writer.WriteAsync(Small, CancellationToken);
        Assert.That(await Blobs.DiscardAbandonedAsync(TimeSpan.FromHours(1), CancellationToken), Is.Zero);
        var info = (await writer.CommitAsync(StorageShortcuts.DigestOf(Small), null, CancellationToken)).Info;
        Assert.That(await Blobs.ReadAsync(info.Key, ByteRange.All, CancellationToken), Is.EqualTo(Small));
    }

    [Test]
    public async Task An_upload_is_discarded_once()
    {
        var writers = new List<BlobWriter>();
        for (var i = 0; i < 3; i++)
        {
            writers.Add(await Blobs.CreateAsync(Scope, CancellationToken));
            await writers[i].WriteAsync(Small, CancellationToken);
        }

        Assert.That(await Blobs.DiscardAbandonedAsync(TimeSpan.Zero, CancellationToken), Is.EqualTo(3));
        Assert.That(await Blobs.DiscardAbandonedAsync(TimeSpan.Zero, CancellationToken), Is.Zero);
        foreach (var writer in writers)
            await writer.DisposeAsync();
    }

    [Test]
    public async Task Calls_cancelled_before_they_start_do_nothing()
    {
        var info = await Blobs.CommitAsync(Scope, Small, CancellationToken);
        Assert.That(
            async () => await Blobs.CreateAsync(Scope, Cancelled), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(
            async () => await Blobs.OpenAsync(info.Key, ByteRange.All, Cancelled),
            Throws.InstanceOf<OperationCanceledException>());
        Assert.That(
            async () => await Blobs.StatAsync(info.Key, Cancelled), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(
            async () => await Blobs.TryDeleteAsync(info.Key, Precondition.None, Cancelled),
            Throws.InstanceOf<OperationCanceledException>());
        Assert.That(
            async () => await Blobs.InfosAsync(Scope, ScopeDepth.Exact, null, Cancelled),
            Throws.InstanceOf<OperationCanceledException>());
        Assert.That(
            async () => await Blobs.DiscardAbandonedAsync(TimeSpan.Zero, Cancelled),
            Throws.InstanceOf<OperationCanceledException>());

        await using (var writer = await Blobs.CreateAsync(Scope, CancellationToken))
        {
            Assert.That(
                async () => await writer.WriteAsync(Small, Cancelled), Throws.InstanceOf<OperationCanceledException>());
        }

        await using (var writer = await Blobs.CreateAsync(Scope, CancellationToken))
        {
            await writer.WriteAsync(Small, CancellationToken);
            Assert.That(
                async () => await writer.CommitAsync(StorageShortcuts.DigestOf(Small), null, Cancelled),
                Throws.InstanceOf<OperationCanceledException>());
        }

        Assert.That(await Blobs.StatAsync(info.Key, CancellationToken), Is.EqualTo(info));
        Assert.That(
            await Blobs.DiscardAbandonedAsync(TimeSpan.Zero, CancellationToken),
            Is.Zero,
            "disposing a cancelled writer discards its upload");
    }

    [Test]
    public async Task A_cancelled_commit_takes_effect_completely_or_not_at_all()
    {
        for (var round = 1; round <= 40; round++)
        {
            var bytes = StorageShortcuts.Bytes(60_000, round);
            var key = new BlobKey(Scope, StorageShortcuts.DigestOf(bytes));
            using var cancel = CancellationTokenSource.CreateLinkedTokenSource(CancellationToken);
            await using (var writer = await Blobs.CreateAsync(Scope, CancellationToken))
            {
                await writer.WriteAsync(bytes, CancellationToken);
                var committing =
                    Task.Run(async () => await writer.CommitAsync(key.Digest, null, cancel.Token), CancellationToken);
                for (var i = 0; i < round; i++)
                    await Task.Yield();
                await cancel.CancelAsync();
                try
                {
                    await committing;
                    Assert.That(await Two.Blobs.StatAsync(key, CancellationToken), Is.Not.Null);
                }
                catch (OperationCanceledException)
                {
                    // The read below shows whether the commit happened.
                }
            }

            Assert.That(
                await Two.Blobs.ReadAsync(key, ByteRange.All, CancellationToken),
                Is.Null.Or.Matches(SameBytes.As(bytes)));
        }

        Assert.That(await Blobs.DiscardAbandonedAsync(TimeSpan.Zero, CancellationToken), Is.Zero);
    }

    [Test]
    public async Task A_read_uses_its_own_cancellation_token()
    {
        var info = await Blobs.CommitAsync(Scope, Small, CancellationToken);
        using var opening = CancellationTokenSource.CreateLinkedTokenSource(CancellationToken);
        await using var reader = await Blobs.OpenAsync(info.Key, ByteRange.All, opening.Token);
        await opening.CancelAsync();
        Assert.That(
            async () => await reader!.Content.ReadAsync(new byte[10], Cancelled),
            Throws.InstanceOf<OperationCanceledException>());
        Assert.That(
            await reader!.Content.ReadAllAsync(CancellationToken),
            Is.EqualTo(Small),
            "cancelling the token of OpenAsync does not cancel reads");
    }
}
