using NUnit.Framework;
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
}
