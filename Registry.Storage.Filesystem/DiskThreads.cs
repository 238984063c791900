using Registry.Core.Storage;

namespace Registry.Storage.Filesystem;

/// <summary>
/// Threads for calls that wait for the disk: every call that changes or flushes the volume. Such a call may last from
/// microseconds to seconds, and while a snapshot freezes the volume. On the thread pool a few of them would block every
/// request, including health checks. Calls that only read run on the caller's thread: they do not wait for a frozen
/// volume.
/// </summary>
/// <param name="start">Starts a thread; null for <see cref="Thread.Start()"/>. Set by tests.</param>
internal sealed class DiskThreads(Action<Thread>? start = null)
{
    /// <summary>The maximum number of concurrent calls: enough for a journal to batch their flushes.</summary>
    private const int MaxThreads = 32;

    private static readonly TimeSpan IdleTimeout = TimeSpan.FromSeconds(10);

    private readonly Action<Thread> start = start ?? (static thread => thread.Start());
    private readonly object gate = new();
    private readonly Queue<Action> queue = new();
    private int threads;
    private int idle;

    /// <summary>Runs a call on one of the threads. The task completes with the call, or with its exception.</summary>
    /// <exception cref="StorageException">There is no thread, and none can be started: the call never runs.</exception>
    public Task RunAsync(Action call)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (gate)
        {
            // The thread comes first: a call that is refused must not stay in the queue.
            if (queue.Count >= idle && threads < MaxThreads)
                StartThread();
            queue.Enqueue(() => Run(call, done));
            Monitor.Pulse(gate);
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

    /// <summary>Starts a thread, which waits for the gate. If it cannot, other threads run the call.</summary>
    private void StartThread()
    {
        try
        {
            start(new Thread(Serve) { IsBackground = true, Name = "Disk" });
            threads++;
        }
        catch (Exception exception) when (exception is OutOfMemoryException or ThreadStartException)
        {
            // The process has reached its limit of threads, or of memory.
            if (threads == 0)
                throw new StorageException(
                    StorageFault.Unavailable, "No thread could be started to write to the disk.", exception)
                {
                    ChangedNothing = true,
                };
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
