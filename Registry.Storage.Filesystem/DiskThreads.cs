namespace Registry.Storage.Filesystem;

/// <summary>
/// Threads for the calls that wait for the disk itself. A flush may last from a tenth of a millisecond to seconds: were it to hold a thread
/// of the pool, a few of them on a slow volume would hold up every request, health checks included.
/// </summary>
internal sealed class DiskThreads
{
    /// <summary>How many flushes are under way at once: enough for a journal to take them together.</summary>
    private const int MaxThreads = 32;

    private static readonly TimeSpan IdleLife = TimeSpan.FromSeconds(10);

    private readonly object gate = new();
    private readonly Queue<Action> queue = new();
    private int threads;
    private int idle;

    /// <summary>Runs a call on one of the threads; the task ends with it, and with what it throws.</summary>
    public Task RunAsync(Action call)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (gate)
        {
            queue.Enqueue(() => Run(call, done));
            if (queue.Count <= idle)
            {
                Monitor.Pulse(gate);
            }
            else if (threads < MaxThreads)
            {
                threads++;
                new Thread(Serve) { IsBackground = true, Name = "Disk" }.Start();
            }
        }

        return done.Task;
    }

    private static void Run(Action call, TaskCompletionSource done)
    {
        try
        {
            call();
            done.SetResult();
        }
        catch (Exception failure)
        {
            done.SetException(failure);
        }
    }

    private void Serve()
    {
        while (Next() is { } call)
            call();
    }

    /// <summary>Waits for a call; null when none came for so long that this thread may go.</summary>
    private Action? Next()
    {
        lock (gate)
        {
            while (queue.Count == 0)
            {
                idle++;
                var pulsed = Monitor.Wait(gate, IdleLife);
                idle--;
                if (!pulsed && queue.Count == 0)
                {
                    threads--;
                    return null;
                }
            }

            return queue.Dequeue();
        }
    }
}
