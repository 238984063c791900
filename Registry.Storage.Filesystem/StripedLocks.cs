using Microsoft.Win32.SafeHandles;
using Registry.Core.Storage;

namespace Registry.Storage.Filesystem;

/// <summary>
/// Locks that serialize writers of a key: semaphores within the process, where waiting blocks no thread, and flock
/// across processes, which the kernel releases when a process dies. Keys share stripes, so a lock is held for a few
/// system calls and never while data is written.
/// </summary>
internal sealed class StripedLocks
{
    /// <summary>The number of stripes.</summary>
    public const int Count = 256;

    /// <summary>
    /// How long a writer waits for a lock: far longer than locks are held, so that only a stopped process or a failing
    /// volume exceeds it.
    /// </summary>
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(10);

    private readonly TimeProvider time;
    private readonly DiskThreads threads;
    private readonly SemaphoreSlim[] gates = new SemaphoreSlim[Count];

    /// <param name="folder">The folder of the lock files.</param>
    /// <param name="time">The clock of waits.</param>
    /// <param name="threads">The threads that open and lock files while a writer waits.</param>
    public StripedLocks(string folder, TimeProvider time, DiskThreads threads)
    {
        Folder = folder;
        this.time = time;
        this.threads = threads;
        for (var i = 0; i < Count; i++)
            gates[i] = new SemaphoreSlim(1, 1);
    }

    public string Folder { get; }

    /// <summary>
    /// Acquires the stripe of a key if it is free; null otherwise. Must be called on a <see cref="DiskThreads"/>
    /// thread.
    /// </summary>
    /// <exception cref="StorageException">The folder of the locks is missing.</exception>
    public Stripe? TryAcquire(string key)
    {
        var index = StripeOf(key);
        var gate = gates[index];
        if (!gate.Wait(0, CancellationToken.None))
            return null;
        SafeFileHandle? file = null;
        try
        {
            var path = PathOf(index);
            file = TryLock(path);
            return file is null ? null : new Stripe(index, file, path, gate);
        }
        finally
        {
            if (file is null)
                gate.Release();
        }
    }

    /// <summary>Waits for the stripe of a key and acquires it.</summary>
    /// <exception cref="StorageException">
    /// The stripe did not become free in time, or the folder of the locks is missing.
    /// </exception>
    public async ValueTask<Stripe> AcquireAsync(string key, CancellationToken cancellationToken)
    {
        var index = StripeOf(key);
        var gate = gates[index];
        var path = PathOf(index);
        if (!await gate.WaitAsync(MaxWait, cancellationToken))
            throw Busy(path);
        SafeFileHandle? file = null;
        try
        {
            var started = time.GetTimestamp();
            for (var attempt = 0; ; attempt++)
            {
                await threads.RunAsync(() => file = TryLock(path));
                if (file is not null)
                    return new Stripe(index, file, path, gate);
                if (time.GetElapsedTime(started) > MaxWait)
                    throw Busy(path);

                // Usually held for about ten microseconds: yield first, then sleep for a random time.
                if (attempt < 3)
                    await Task.Yield();
                else
                    await Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.Next(1, 4)), time, cancellationToken);
            }
        }
        finally
        {
            if (file is null)
                gate.Release();
        }
    }

    /// <summary>
    /// Returns the stripe of a key by FNV-1a: the same in every process, unlike <see cref="string.GetHashCode()"/>.
    /// </summary>
    public static int StripeOf(string key)
    {
        var hash = 2166136261u;
        foreach (var c in key)
            hash = (hash ^ c) * 16777619u;
        return (int)((hash ^ (hash >> 16)) % Count);
    }

    /// <summary>Opens and locks the file of a stripe; null when another process holds the lock.</summary>
    private SafeFileHandle? TryLock(string path)
    {
        var file = Disk.TryOpenOrCreate(path) ?? throw FilesystemVolume.Missing(Folder);
        var locked = false;
        try
        {
            locked = Disk.TryLock(file, path);
            return locked ? file : null;
        }
        finally
        {
            if (!locked)
                file.Dispose();
        }
    }

    private string PathOf(int index) => Path.Combine(Folder, index.ToString("x2"));

    private static StorageException Busy(string path) =>
        new(
            StorageFault.Unavailable,
            $"The lock '{path}' was held for longer than {MaxWait.TotalSeconds} s: is a process that shares the "
                + "folder stopped?")
        {
            ChangedNothing = true,
        };
}
