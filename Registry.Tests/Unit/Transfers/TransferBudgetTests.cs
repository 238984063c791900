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
    public void AssertEverythingWasReleased() => Assert.That(budget.Reserved, Is.Zero);

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
    public async Task A_reservation_fails_if_no_memory_is_released_in_time()
    {
        var shortWait = new TransferBudget(Options with { Wait = TimeSpan.FromMilliseconds(20) }, TimeProvider.System);
        await shortWait.ReserveAsync(1000, default);

        Assert.That(
            async () =>
                await shortWait.ReserveAsync(1, default), Throws.TypeOf<RegistryException>().With
                    .Property("Code")
                    .EqualTo(ErrorCode.Unavailable));

        shortWait.Release(1000);
        Assert.That(shortWait.Reserved, Is.Zero);
    }

    [Test]
    public async Task New_transfers_are_refused_when_a_full_limit_is_waiting_but_running_ones_are_not()
    {
        await budget.ReserveAsync(1000, default);
        using var first = budget.Begin(static () => { });
        using var second = budget.Begin(static () => { });
        var waiting = first.ReserveAsync(1000, default).AsTask();
        Assert.That(async () => await second.ReserveAsync(1, default), Throws.TypeOf<RegistryException>());
        var running = budget.ReserveAsync(1, default).AsTask();
        Assert.That(running.IsCompleted, Is.False);

        budget.Release(1000);
        await running;
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
    public async Task A_reservation_over_the_limit_is_granted_exclusively()
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
    public async Task Starting_transfers_leave_memory_to_running_ones_and_wait_behind_them()
    {
        using var first = budget.Begin(static () => { });
        await first.ReserveAsync(700, default);
        using var second = budget.Begin(static () => { });
        var starting = second.ReserveAsync(100, default).AsTask();
        await budget.ReserveAsync(300, default);
        var running = budget.ReserveAsync(300, default).AsTask();
        Assert.That(starting.IsCompleted || running.IsCompleted, Is.False);

        budget.Release(300);
        await running;
        Assert.That(starting.IsCompleted, Is.False);

        budget.Release(300);
        first.Dispose();
        await starting;
    }

    [Test]
    public async Task The_longest_stalled_transfer_is_aborted()
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
    public async Task A_transfer_is_aborted_only_after_it_has_stalled_long_enough()
    {
        var budgetWithDelay =
            new TransferBudget(Options with { StalledAfter = TimeSpan.FromMilliseconds(1500) }, TimeProvider.System);
        Transfer? stalled = null;
        stalled = budgetWithDelay.Begin(() => stalled!.Dispose());
        await stalled.ReserveAsync(700, default);
        stalled.BeginWait();
        var began = TimeProvider.System.GetTimestamp();

        await budgetWithDelay.ReserveAsync(1000, default);

        Assert.That(
            TimeProvider.System.GetElapsedTime(began), Is.GreaterThanOrEqualTo(TimeSpan.FromMilliseconds(1400)));
        budgetWithDelay.Release(1000);
    }

    [Test]
    public async Task A_chunk_reserves_memory_as_it_grows()
    {
        const int ChunkBytes = 64 * 1024;
        var largeBudget = new TransferBudget(new TransferOptions { BufferBytes = 1 << 20 }, TimeProvider.System);
        var chunk = new ChunkBuffer(largeBudget, ChunkBytes);
        Assert.That(chunk.HasRoom, Is.False);
        var content = new byte[ChunkBytes + 1];
        Random.Shared.NextBytes(content);

        Assert.That(chunk.TryGrow(100), Is.True);
        var written = chunk.Write(content.AsSpan(0, 20_000));
        Assert.That((written, largeBudget.Reserved), Is.EqualTo((16 * 1024, 16 * 1024)));
        await chunk.GrowAsync(content.Length, default);
        written += chunk.Write(content.AsSpan(written));
        Assert.That((written, chunk.IsFull, largeBudget.Reserved), Is.EqualTo((ChunkBytes, true, ChunkBytes)));

        var taken = chunk.Take();
        Assert.That(taken.Bytes.Span.SequenceEqual(content.AsSpan(0, ChunkBytes)), Is.True);
        Assert.That(chunk.Length, Is.Zero);
        taken.Recycle();
        chunk.Take().Recycle();
        Assert.That(largeBudget.Reserved, Is.Zero);
    }

    private static async Task StallAsync(Transfer transfer)
    {
        transfer.BeginWait();
        await Task.Delay(20);
    }
}
