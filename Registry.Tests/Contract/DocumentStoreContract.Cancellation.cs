using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Contract;

public abstract partial class DocumentStoreContract
{
    private static readonly CancellationToken Cancelled = new(canceled: true);

    [Test]
    public async Task Calls_cancelled_before_they_start_do_nothing()
    {
        await Documents.PutAsync(Sample, "one", Precondition.Absent, CancellationToken);
        Assert.That(
            async () => await Documents.GetAsync(Sample, Cancelled), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(
            async () => await Documents.StatAsync(Sample, Cancelled), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(
            async () => await Documents.TryPutAsync(Sample, "two", Precondition.None, Cancelled),
            Throws.InstanceOf<OperationCanceledException>());
        Assert.That(
            async () => await Documents.TryDeleteAsync(Sample, Precondition.None, Cancelled),
            Throws.InstanceOf<OperationCanceledException>());
        Assert.That(
            async () => await Documents.KeysAsync(StoreKeys.Packages, null, Cancelled),
            Throws.InstanceOf<OperationCanceledException>());
        Assert.That((await Documents.GetAsync(Sample, CancellationToken))!.Text(), Is.EqualTo("one"));
    }

    [Test]
    public async Task A_cancelled_write_takes_effect_completely_or_not_at_all()
    {
        var text = new string('0', 50_000);
        await Documents.PutAsync(Sample, text, Precondition.Absent, CancellationToken);
        for (var round = 1; round <= 40; round++)
        {
            var next = new string((char)('0' + round), 50_000);
            using var cancel = CancellationTokenSource.CreateLinkedTokenSource(CancellationToken);
            var writing = Task.Run(
                async () => await Documents.TryPutAsync(Sample, next, Precondition.None, cancel.Token),
                CancellationToken);
            for (var i = 0; i < round; i++)
                await Task.Yield();
            await cancel.CancelAsync();
            var acknowledged = false;
            try
            {
                acknowledged = await writing is not null;
            }
            catch (OperationCanceledException)
            {
                // The read below shows whether the write happened.
            }

            var read = (await Two.Documents.GetAsync(Sample, CancellationToken))!.Text();
            Assert.That(read, acknowledged ? Is.EqualTo(next) : Is.EqualTo(next).Or.EqualTo(text));
            text = read;
        }
    }

    [Test]
    public async Task A_cancelled_listing_stops()
    {
        await PutManyAsync(30);
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(CancellationToken);
        var seen = 0;
        Assert.That(
            async () =>
            {
                await foreach (var entry in Documents.ListAsync(StoreKeys.Packages, null, cancel.Token))
                {
                    seen++;
                    await cancel.CancelAsync();
                }
            },
            Throws.InstanceOf<OperationCanceledException>());
        Assert.That(seen, Is.EqualTo(1));
    }

    [Test]
    public async Task A_cancelled_call_leaves_the_store_usable()
    {
        for (var round = 0; round < 20; round++)
        {
            using var cancel = CancellationTokenSource.CreateLinkedTokenSource(CancellationToken);
            var racing = RaceAsync(8, async i =>
            {
                try
                {
                    return await Instance(i).Documents.TryPutAsync(
                        Sample, $"{i}", Precondition.None, cancel.Token) is not null;
                }
                catch (OperationCanceledException)
                {
                    return false;
                }
            });
            await cancel.CancelAsync();
            await racing;
            await Two.Documents.PutAsync(Sample, "after", Precondition.None, CancellationToken);
            Assert.That((await One.Documents.GetAsync(Sample, CancellationToken))!.Text(), Is.EqualTo("after"));
        }
    }
}
