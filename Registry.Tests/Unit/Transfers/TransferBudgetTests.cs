using NUnit.Framework;
using Registry.Core.Errors;
using Registry.Core.Transfers;

namespace Registry.Tests.Unit.Transfers;

public sealed class TransferBudgetTests
{
    private static readonly TransferOptions Options = new()
    {
        BufferBytes = 1000,
        StalledAfter = TimeSpan.FromMilliseconds(1),
        Wait = TimeSpan.FromMinutes(1),
    };

    private readonly TransferBudget budget = new(Options, TimeProvider.System);

    [TearDown]
    public void Demand_that_everything_was_released() => Assert.That(budget.Reserved, Is.Zero);

    [Test]
    public async Task A_reservation_waits_until_memory_is_released()
    {
        await budget.ReserveAsync(1000, default);
        var second = budget.ReserveAsync(1, default).AsTask();
        Assert.That(second.IsCompleted, Is.False);

        budget.Release(1000);
        await second;

        Assert.That(budget.Reserved, Is.EqualTo(1));
        budget.Release(1);
    }

    [Test]
    public async Task A_reservation_is_refused_when_no_memory_is_released_in_time()
    {
        var hasty = new TransferBudget(Options with { Wait = TimeSpan.FromMilliseconds(20) }, TimeProvider.System);
        await hasty.ReserveAsync(1000, default);

        Assert.That(
            async () =>
                await hasty.ReserveAsync(1, default), Throws.TypeOf<RegistryException>().With
                    .Property("Code")
                    .EqualTo(ErrorCode.Unavailable));

        hasty.Release(1000);
        Assert.That(hasty.Reserved, Is.Zero);
    }

    [Test]
    public async Task A_newcomer_is_refused_at_once_when_as_much_as_the_limit_waits_and_a_transfer_under_way_is_not()
    {
        await budget.ReserveAsync(1000, default);
        using var first = budget.Begin(static () => { });
        using var second = budget.Begin(static () => { });
        var waiting = first.ReserveAsync(1000, default).AsTask();
        Assert.That(async () => await second.ReserveAsync(1, default), Throws.TypeOf<RegistryException>());
        var underWay = budget.ReserveAsync(1, default).AsTask();
        Assert.That(underWay.IsCompleted, Is.False);

        budget.Release(1000);
        await underWay;
        budget.Release(1);
        await waiting;
    }

    [Test]
    public async Task Zero_bytes_are_granted_while_others_wait()
    {
        await budget.ReserveAsync(1000, default);
        var waiting = budget.ReserveAsync(1, default).AsTask();
        await budget.ReserveAsync(0, default);

        budget.Release(1000);
        await waiting;
        budget.Release(1);
    }

    [Test]
    public async Task A_cancelled_wait_takes_no_memory()
    {
        await budget.ReserveAsync(1000, default);
        using var cancelled = new CancellationTokenSource();
        var waiting = budget.ReserveAsync(500, cancelled.Token).AsTask();
        await cancelled.CancelAsync();

        Assert.That(async () => await waiting, Throws.InstanceOf<OperationCanceledException>());

        budget.Release(1000);
    }

    [Test]
    public async Task More_than_the_limit_is_granted_alone()
    {
        await budget.ReserveAsync(5000, default);
        var second = budget.ReserveAsync(1, default).AsTask();
        Assert.That(second.IsCompleted, Is.False);
        budget.Release(5000);
        await second;
        budget.Release(1);
    }

    [Test]
    public void Spare_memory_is_half_of_the_limit()
    {
        Assert.That(budget.TryReserve(501), Is.False);
        Assert.That(budget.TryReserve(500), Is.True);
        Assert.That(budget.IsScarce, Is.False);
        Assert.That(budget.TryReserve(1), Is.False);
        budget.Release(500);
    }

    [Test]
    public async Task Transfers_that_start_leave_memory_to_those_under_way_and_wait_behind_them()
    {
        using var first = budget.Begin(static () => { });
        await first.ReserveAsync(700, default);
        using var second = budget.Begin(static () => { });
        var starting = second.ReserveAsync(100, default).AsTask();
        await budget.ReserveAsync(300, default);
        var going = budget.ReserveAsync(300, default).AsTask();
        Assert.That(starting.IsCompleted || going.IsCompleted, Is.False);

        budget.Release(300);
        await going;
        Assert.That(starting.IsCompleted, Is.False);

        budget.Release(300);
        first.Dispose();
        await starting;
    }

    [Test]
    public async Task The_transfer_that_has_stalled_longest_gives_way()
    {
        List<string> cut = [];
        var transfers = new Dictionary<string, Transfer>();
        foreach (var name in (string[])["moving", "older", "newer"])
        {
            transfers[name] = budget.Begin(() => Cut(name));
            await transfers[name].ReserveAsync(250, default);
        }

        await StallAsync(transfers["moving"]);
        await StallAsync(transfers["older"]);
        await StallAsync(transfers["newer"]);
        transfers["moving"].EndWait();

        await budget.ReserveAsync(400, default);

        Assert.That(cut, Is.EqualTo(new[] { "older" }));
        budget.Release(400);
        foreach (var transfer in transfers.Values)
            transfer.Dispose();

        void Cut(string name)
        {
            cut.Add(name);
            transfers[name].Dispose();
        }
    }

    [Test]
    public async Task A_transfer_is_cut_once_it_has_stalled_for_long_enough()
    {
        var patient =
            new TransferBudget(Options with { StalledAfter = TimeSpan.FromMilliseconds(1500) }, TimeProvider.System);
        Transfer? stalled = null;
        stalled = patient.Begin(() => stalled!.Dispose());
        await stalled.ReserveAsync(700, default);
        stalled.BeginWait();
        var began = TimeProvider.System.GetTimestamp();

        await patient.ReserveAsync(1000, default);

        Assert.That(
            TimeProvider.System.GetElapsedTime(began), Is.GreaterThanOrEqualTo(TimeSpan.FromMilliseconds(1400)));
        patient.Release(1000);
    }

    [Test]
    public async Task A_chunk_reserves_what_it_grows_to()
    {
        const int ChunkBytes = 64 * 1024;
        var ample = new TransferBudget(new TransferOptions { BufferBytes = 1 << 20 }, TimeProvider.System);
        var chunk = new ChunkBuffer(ample, ChunkBytes);
        Assert.That(chunk.HasRoom, Is.False);
        var content = new byte[ChunkBytes + 1];
        Random.Shared.NextBytes(content);

        Assert.That(chunk.TryGrow(100), Is.True);
        var written = chunk.Write(content.AsSpan(0, 20_000));
        Assert.That((written, ample.Reserved), Is.EqualTo((16 * 1024, 16 * 1024)));
        await chunk.GrowAsync(content.Length, default);
        written += chunk.Write(content.AsSpan(written));
        Assert.That((written, chunk.IsFull, ample.Reserved), Is.EqualTo((ChunkBytes, true, ChunkBytes)));

        var taken = chunk.Take();
        Assert.That(taken.Bytes.Span.SequenceEqual(content.AsSpan(0, ChunkBytes)), Is.True);
        Assert.That(chunk.Length, Is.Zero);
        taken.Recycle();
        chunk.Take().Recycle();
        Assert.That(ample.Reserved, Is.Zero);
    }

    private static async Task StallAsync(Transfer transfer)
    {
        transfer.BeginWait();
        await Task.Delay(20);
    }
}
