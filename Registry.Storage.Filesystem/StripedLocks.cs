using Microsoft.Win32.SafeHandles;
using Registry.Core.Storage;

namespace Registry.Storage.Filesystem;

/// <summary>
/// Exclusion of writers by key: inside the process by semaphores, where waiting blocks no thread, and across processes
/// by flock, which the kernel frees when a process dies. Keys share stripes, so a lock is held for a few calls and
/// never while data is written.
/// </summary>
internal sealed class StripedLocks
{
    /// <summary>How many stripes there are.</summary>
    public const int Count = 256;

    /// <summary>
    /// How long a writer waits for others: far beyond what they take, so that only a stopped process or a sick volume
    /// exceeds it.
    /// </summary>
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(10);

    private readonly TimeProvider time;
    private readonly DiskThreads threads;
    private readonly SemaphoreSlim[] gates = new SemaphoreSlim[Count];

    /// <param name="folder">Where the lock files are.</param>
    /// <param name="time">The clock of waits.</param>
    /// <param name="threads">Where files are opened and locked when somebody waits for a stripe.</param>
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
    /// Takes the stripe of a key if nobody has it just now; null if somebody has. To be called on a thread of the disk.
    /// </summary>
    /// <exception cref="StorageException">The locks' folder is gone.</exception>
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

    /// <summary>Waits for the stripe of a key.</summary>
    /// <exception cref="StorageException">It did not become free in time, or the locks' folder is gone.</exception>
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

                // Held for some ten microseconds as a rule: give way first, sleep later, and not in step with the
                // others.
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

    /// <summary>FNV-1a: the same in every process, unlike <see cref="string.GetHashCode()"/>.</summary>
    public static int StripeOf(string key)
    {
        var hash = 2166136261u;
        foreach (var c in key)
            hash = (hash ^ c) * 16777619u;
        return (int)((hash ^ (hash >> 16)) % Count);
    }

    /// <summary>Opens a lock's file and takes its lock; null when another process has it.</summary>
    private SafeFileHandle? TryLock(string path)
    {
        var file = Disk.TryOpenOrCreate(path) ?? throw FilesystemVolume.Gone(Folder);
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
                + "folder stopped?");
}
