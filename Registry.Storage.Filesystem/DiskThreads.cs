namespace Registry.Storage.Filesystem;

/// <summary>
/// Threads for calls that wait for the disk: every call that changes or flushes the volume. Such a call may last from
/// microseconds to seconds, and while a snapshot freezes the volume. On the thread pool a few of them would block every
/// request, including health checks. Calls that only read run on the caller's thread: they do not wait for a frozen
/// volume.
/// </summary>
internal sealed class DiskThreads
{
    /// <summary>The maximum number of concurrent calls: enough for a journal to batch their flushes.</summary>
    private const int MaxThreads = 32;

    private static readonly TimeSpan IdleTimeout = TimeSpan.FromSeconds(10);

    private readonly object gate = new();
    private readonly Queue<Action> queue = new();
    private int threads;
    private int idle;

    /// <summary>Runs a call on one of the threads. The task completes with the call, or with its exception.</summary>
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
        catch (Exception exception)
        {
            done.SetException(exception);
        }
    }

    private void Serve()
    {
        while (Next() is { } call)
            call();
    }

    /// <summary>Waits for a call; null when none arrived within the timeout, so that this thread can end.</summary>
    private Action? Next()
    {
        lock (gate)
        {
            while (queue.Count == 0)
            {
                idle++;
                var pulsed = Monitor.Wait(gate, IdleTimeout);
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
