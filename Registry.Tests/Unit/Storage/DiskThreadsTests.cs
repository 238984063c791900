using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Storage.Filesystem;

namespace Registry.Tests.Unit.Storage;

public sealed class DiskThreadsTests
{
    [Test]
    public async Task Calls_run_in_parallel_and_not_on_the_thread_pool()
    {
        const int Calls = 32;
        var threads = new DiskThreads();
        using var all = new Barrier(Calls);
        var onPool = new bool[Calls];
        var met = new bool[Calls];
        await Task.WhenAll(Enumerable.Range(0, Calls).Select(i => threads.RunAsync(() =>
        {
            onPool[i] = Thread.CurrentThread.IsThreadPoolThread;
            met[i] = all.SignalAndWait(TimeSpan.FromSeconds(30));
        })));
        Assert.That(met, Is.All.True);
        Assert.That(onPool, Is.All.False);
    }

    [Test]
    public async Task More_calls_than_threads_are_all_run()
    {
        var threads = new DiskThreads();
        var ran = 0;
        await Task.WhenAll(
            Enumerable.Range(0, 1_000).Select(_ => threads.RunAsync(() => Interlocked.Increment(ref ran))));
        Assert.That(ran, Is.EqualTo(1_000));
    }

    /// <summary>.NET throws when the process has reached its limit of threads.</summary>
    [Test]
    public async Task Calls_are_refused_while_no_thread_can_be_started_and_run_afterwards()
    {
        var isFull = true;
        var threads = Limited(() => isFull);
        var ran = 0;
        for (var i = 0; i < 100; i++)
            Assert.That(
                () => threads.RunAsync(() => ran = -1),
                Throws.TypeOf<StorageException>().With.Property(nameof(StorageException.ChangedNothing)).True);
        isFull = false;
        await threads.RunAsync(() => ran++).WaitAsync(TimeSpan.FromMinutes(1));
        Assert.That(ran, Is.EqualTo(1), "A call that was refused is never run.");
    }

    [Test]
    public async Task The_running_threads_serve_calls_while_no_other_can_be_started()
    {
        var isFull = false;
        var threads = Limited(() => isFull);
        using var release = new ManualResetEventSlim();
        var first = threads.RunAsync(release.Wait);
        isFull = true;
        var others = Enumerable.Range(0, 10).Select(_ => threads.RunAsync(static () => { })).ToArray();
        release.Set();
        await Task.WhenAll([first, .. others]).WaitAsync(TimeSpan.FromMinutes(1));
    }

    [Test]
    public async Task An_exception_reaches_the_awaiting_caller_and_the_threads_continue()
    {
        var threads = new DiskThreads();
        for (var i = 0; i < 50; i++)
            await Assert.ThrowsAsync<FormatException>(() => threads.RunAsync(() => throw new FormatException()));
        var ran = false;
        await threads.RunAsync(() => ran = true);
        Assert.That(ran, Is.True);
    }

    /// <summary>Threads of a process that may have reached its limit.</summary>
    private static DiskThreads Limited(Func<bool> isFull) => new(thread =>
    {
        if (isFull())
            throw new InsufficientMemoryException();
        thread.Start();
    });
}
