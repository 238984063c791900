using System.Diagnostics;
using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Contract;

public abstract partial class UploadStoreContract
{
    private static readonly CancellationToken Cancelled = new(canceled: true);

    [Test]
    public async Task Uploads_are_counted_in_all_scopes_up_to_a_limit()
    {
        Assert.That(await Uploads.CountAsync(10, CancellationToken), Is.Zero);
        var uploads = new List<UploadKey>();
        for (var i = 0; i < 7; i++)
        {
            uploads.Add(await Instance(i).Uploads.BeginAsync(Key("packages", $"n{i % 3}"), CancellationToken));
            await Uploads.AppendBytesAsync(uploads[i], 0, StorageShortcuts.Bytes(10 * (i % 2)), CancellationToken);
        }

        foreach (var limit in (int[])[0, 1, 6, 7, 8, int.MaxValue])
            Assert.That(
                await Two.Uploads.CountAsync(limit, CancellationToken), Is.EqualTo(Math.Min(limit, 7)), $"{limit}");
        foreach (var upload in uploads.Take(3))
            await Uploads.DiscardAsync(upload, CancellationToken);
        Assert.That(await Two.Uploads.CountAsync(int.MaxValue, CancellationToken), Is.EqualTo(4));
    }

    [Test]
    public async Task Idle_uploads_are_discarded_once_and_entirely()
    {
        var uploads = new List<UploadKey>();
        foreach (var length in (int[])[0, 1000, SeveralChunks])
        {
            uploads.Add(await Uploads.BeginAsync(Scope, CancellationToken));
            await Uploads.AppendBytesAsync(uploads[^1], 0, StorageShortcuts.Bytes(length), CancellationToken);
        }

        Assert.That(await Two.Uploads.DiscardIdleAsync(TimeSpan.FromHours(1), CancellationToken), Is.Zero);
        Assert.That(await Two.Uploads.CountAsync(10, CancellationToken), Is.EqualTo(uploads.Count));
        Assert.That(await Two.Uploads.DiscardIdleAsync(TimeSpan.Zero, CancellationToken), Is.EqualTo(uploads.Count));
        foreach (var upload in uploads)
            Assert.That(await Uploads.LengthAsync(upload, CancellationToken), Is.Null);
        Assert.That(await One.Uploads.DiscardIdleAsync(TimeSpan.Zero, CancellationToken), Is.Zero);
    }

    [Test]
    public async Task An_upload_that_is_appended_to_is_not_idle()
    {
        // A storage can stall for seconds on a busy machine: then both uploads are idle, and the attempt shows nothing.
        for (var idle = TimeSpan.FromSeconds(3); ; idle *= 2)
        {
            var forgotten = await Uploads.BeginAsync(Scope, CancellationToken);
            await Uploads.AppendBytesAsync(forgotten, 0, Small, CancellationToken);
            var active = await Uploads.BeginAsync(Scope, CancellationToken);
            await Task.Delay(idle + TimeSpan.FromMilliseconds(200), CancellationToken);
            var watch = Stopwatch.StartNew();
            var begun = await Uploads.BeginAsync(Scope, CancellationToken);
            await Uploads.AppendBytesAsync(active, 0, Small, CancellationToken);
            var discarded = await Two.Uploads.DiscardIdleAsync(idle, CancellationToken);
            if (watch.Elapsed >= idle)
            {
                await Uploads.DiscardIdleAsync(TimeSpan.Zero, CancellationToken);
                continue;
            }

            Assert.That(discarded, Is.EqualTo(1));
            Assert.That(await Uploads.LengthAsync(forgotten, CancellationToken), Is.Null);
            await AssertContentAsync(active, Small);
            await AssertContentAsync(begun, []);
            return;
        }
    }

    [Test]
    public async Task An_append_abandoned_in_the_middle_is_reclaimed_with_its_upload(
        [Values(1000, SeveralChunks)] int length)
    {
        var upload = await Uploads.BeginAsync(Scope, CancellationToken);
        await Uploads.AppendBytesAsync(upload, 0, Small, CancellationToken);
        await using var writer = await Uploads.AppendAsync(upload, Small.Length, CancellationToken);
        await writer!.WriteAsync(StorageShortcuts.Bytes(length), CancellationToken);
        Assert.That(await Two.Uploads.DiscardIdleAsync(TimeSpan.Zero, CancellationToken), Is.EqualTo(1));
        Assert.That(await Uploads.LengthAsync(upload, CancellationToken), Is.Null);
        Assert.That(await writer.CompleteAsync(CancellationToken), Is.Null);
        Assert.That(await Uploads.CountAsync(10, CancellationToken), Is.Zero);
    }

    [Test]
    public async Task An_active_append_survives_a_discard_of_idle_uploads()
    {
        var upload = await Uploads.BeginAsync(Scope, CancellationToken);
        var bytes = StorageShortcuts.Bytes(SeveralChunks);
        await using var writer = await Uploads.AppendAsync(upload, 0, CancellationToken);
        await writer!.WriteAsync(bytes.AsMemory(0, 1_500_000), CancellationToken);
        Assert.That(await Two.Uploads.DiscardIdleAsync(TimeSpan.FromHours(1), CancellationToken), Is.Zero);
        await writer.WriteAsync(bytes.AsMemory(1_500_000), CancellationToken);
        Assert.That(await writer.CompleteAsync(CancellationToken), Is.EqualTo(bytes.Length));
        await AssertContentAsync(upload, bytes);
    }

    [Test]
    public async Task Calls_cancelled_before_they_start_do_nothing()
    {
        var upload = await Uploads.BeginAsync(Scope, CancellationToken);
        await Uploads.AppendBytesAsync(upload, 0, Small, CancellationToken);
        AssertCancelled(async () => await Uploads.BeginAsync(Scope, Cancelled));
        AssertCancelled(async () => await Uploads.LengthAsync(upload, Cancelled));
        AssertCancelled(async () => await Uploads.AppendAsync(upload, Small.Length, Cancelled));
        AssertCancelled(async () => await Uploads.OpenAsync(upload, Cancelled));
        AssertCancelled(async () => await Uploads.DiscardAsync(upload, Cancelled));
        AssertCancelled(async () => await Uploads.CountAsync(10, Cancelled));
        AssertCancelled(async () => await Uploads.DiscardIdleAsync(TimeSpan.Zero, Cancelled));
        await using (var writer = await Uploads.AppendAsync(upload, Small.Length, CancellationToken))
            AssertCancelled(async () => await writer!.WriteAsync(Small, Cancelled));
        await using (var writer = await Uploads.AppendAsync(upload, Small.Length, CancellationToken))
        {
            await writer!.WriteAsync(Small, CancellationToken);
            AssertCancelled(async () => await writer.CompleteAsync(Cancelled));
        }

        await AssertContentAsync(upload, Small);
        Assert.That(await Uploads.CountAsync(10, CancellationToken), Is.EqualTo(1));

        static void AssertCancelled(Func<Task> call) =>
            Assert.That(async () => await call(), Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public async Task A_cancelled_completion_takes_effect_completely_or_not_at_all()
    {
        var upload = await Uploads.BeginAsync(Scope, CancellationToken);
        var expected = Array.Empty<byte>();
        for (var round = 1; round <= 30; round++)
        {
            var bytes = StorageShortcuts.Bytes(60_000, round);
            using var cancel = CancellationTokenSource.CreateLinkedTokenSource(CancellationToken);
            await using (var writer = await Uploads.AppendAsync(upload, expected.Length, CancellationToken))
            {
                await writer!.WriteAsync(bytes, CancellationToken);
                var completing =
                    Task.Run(async () => await writer.CompleteAsync(cancel.Token), CancellationToken);
                for (var i = 0; i < round; i++)
                    await Task.Yield();
                await cancel.CancelAsync();
                byte[] longer = [.. expected, .. bytes];
                try
                {
                    Assert.That(await completing, Is.EqualTo(longer.Length));
                    expected = longer;
                }
                catch (OperationCanceledException)
                {
                    // The length shows whether the append counts.
                    if (await Two.Uploads.LengthAsync(upload, CancellationToken) == longer.Length)
                        expected = longer;
                }
            }

            await AssertContentAsync(upload, expected);
        }
    }
}
