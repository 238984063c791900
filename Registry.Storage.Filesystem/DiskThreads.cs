namespace Registry.Storage.Filesystem;

/// <summary>
/// Threads for the calls that wait for the disk itself: every call that changes the volume or flushes it. Each may last
/// from microseconds to seconds, and as long as a snapshot keeps the volume frozen. On threads of the pool a few of
/// them would hold up every request, health checks included. Calls that only read run where they are made: they do not
/// wait for a frozen volume.
/// </summary>
internal sealed class DiskThreads
{
    /// <summary>How many calls are under way at once: enough for a journal to take their flushes together.</summary>
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
