using System.Collections.Concurrent;
using NUnit.Framework;
using Registry.Storage.Filesystem;

namespace Registry.Tests.Unit.Storage;

public sealed class SharedFlushesTests
{
    private static readonly FileIdentity Identity = new(1, 2, 3, 4, 5);
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);

    [Test]
    public void A_single_call_flushes_and_returns_the_identity_of_the_folder()
    {
        var flushed = new List<string>();
        var flushes = new SharedFlushes(folder =>
        {
            flushed.Add(folder);
            return folder == "gone" ? null : Identity;
        });
        Assert.That(flushes.Flush("a"), Is.EqualTo(Identity));
        Assert.That(flushes.Flush("a"), Is.EqualTo(Identity));
        Assert.That(flushes.Flush("gone"), Is.Null);
        Assert.That(flushed, Is.EqualTo(new[] { "a", "a", "gone" }));
    }

    [Test]
    public async Task Calls_during_a_flush_share_the_next_one()
    {
        const int Callers = 8;
        using var disk = new Disk();
        var flushes = new SharedFlushes(disk.Flush);
        var first = RunAsync(() => flushes.Flush("a"));
        await disk.WaitForFlushesAsync(1);
        var others = RunUntilWaiting(Callers, () => flushes.Flush("a"));
        Assert.That(disk.Begun, Is.EqualTo(1), "one flush of a folder at a time");
        Assert.That(
            others.Any(static other => other.IsCompleted), Is.False, "the running flush began before these calls");

        disk.EndOne();
        Assert.That(await first.WaitAsync(Timeout), Is.EqualTo(Identity));
        await disk.WaitForFlushesAsync(2);
        disk.EndOne();
        Assert.That(await Task.WhenAll(others).WaitAsync(Timeout), Is.All.EqualTo(Identity));
        Assert.That(disk.Begun, Is.EqualTo(2), "all of them shared one flush");
    }

    [Test]
    public async Task Folders_do_not_wait_for_each_other()
    {
        using var disk = new Disk();
        var flushes = new SharedFlushes(disk.Flush);
        var both = new[] { RunAsync(() => flushes.Flush("a")), RunAsync(() => flushes.Flush("b")) };
        await disk.WaitForFlushesAsync(2);
        disk.EndOne();
        disk.EndOne();
        Assert.That(await Task.WhenAll(both).WaitAsync(Timeout), Is.All.EqualTo(Identity));
    }

    [Test]
    public async Task A_failure_reaches_all_calls_that_share_the_flush_and_none_after()
    {
        using var disk = new Disk();
        var flushes = new SharedFlushes(disk.Flush);
        var first = RunAsync(() => flushes.Flush("a"));
        await disk.WaitForFlushesAsync(1);
        var sharing = RunUntilWaiting(2, () => flushes.Flush("a"));
        disk.EndOne();
        await first.WaitAsync(Timeout);
        await disk.WaitForFlushesAsync(2);
        disk.FailOne();
        foreach (var failed in sharing)
            await Assert.ThrowsAsync<IOException>(() => failed.WaitAsync(Timeout));

        var later = RunAsync(() => flushes.Flush("a"));
        await disk.WaitForFlushesAsync(3);
        disk.EndOne();
        Assert.That(await later.WaitAsync(Timeout), Is.EqualTo(Identity));
    }

    [Test]
    public async Task Everything_written_before_a_call_is_flushed_when_it_returns()
    {
        // Each writer increments a counter; a flush covers what had been written when it began.
        const int Writers = 8;
        const int Rounds = 500;
        var (written, durable) = (0, 0);
        var flushes = new SharedFlushes(_ =>
        {
            var covered = Volatile.Read(ref written);
            Thread.Yield();
            durable = Math.Max(durable, covered);
            return Identity;
        });
        var early = new ConcurrentBag<int>();
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(_ => RunAsync(() =>
        {
            for (var i = 0; i < Rounds; i++)
            {
                var value = Interlocked.Increment(ref written);
                flushes.Flush("a");
                if (Volatile.Read(ref durable) < value)
                    early.Add(value);
            }

            return Identity;
        }))).WaitAsync(Timeout);
        Assert.That(early, Is.Empty);
    }

    private static Task<FileIdentity?> RunAsync(Func<FileIdentity?> call) =>
        Task.Factory.StartNew(call, default, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <summary>Runs a call on several threads, and returns when all of them wait in it.</summary>
    private static Task<FileIdentity?>[] RunUntilWaiting(int callers, Func<FileIdentity?> call)
    {
        var threads = new ConcurrentQueue<Thread>();
        var calls = Enumerable.Range(0, callers).Select(_ => RunAsync(() =>
        {
            threads.Enqueue(Thread.CurrentThread);
            return call();
        })).ToArray();
        Assert.That(
            () => threads.Count(static thread => thread.ThreadState.HasFlag(ThreadState.WaitSleepJoin)),
            Is.EqualTo(callers).After((int)Timeout.TotalMilliseconds, 10));
        return calls;
    }

    /// <summary>A disk whose flushes last until the test ends them.</summary>
    private sealed class Disk : IDisposable
    {
        private readonly SemaphoreSlim begun = new(0);
        private readonly BlockingCollection<bool> ends = [];
        private int count;
        private int seen;

        public int Begun => Volatile.Read(ref count);

        public FileIdentity? Flush(string folder)
        {
            Interlocked.Increment(ref count);
            begun.Release();
            return ends.Take() ? Identity : throw new IOException(folder);
        }

        public async Task WaitForFlushesAsync(int flushes)
        {
            for (; seen < flushes; seen++)
                Assert.That(await begun.WaitAsync(Timeout), Is.True);
        }

        public void EndOne() => ends.Add(true);

        public void FailOne() => ends.Add(false);

        public void Dispose()
        {
            begun.Dispose();
            ends.Dispose();
        }
    }
}
