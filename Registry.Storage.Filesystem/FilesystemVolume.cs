using Registry.Core.Storage;

namespace Registry.Storage.Filesystem;

/// <summary>
/// The folder that holds everything, as one process sees it. Both stores of a process share one; several processes, or several of these in
/// one process, may share the folder.
/// </summary>
/// <remarks>
/// <code>
/// documents/packages/&lt;namespace&gt;/&lt;name&gt;@.json    a document: its modification time is its revision
/// blobs/&lt;scope …&gt;/@&lt;digest&gt;                     a blob: its modification time is its revision and when it was touched
/// blobs/&lt;scope …&gt;/@&lt;digest&gt;.uploaded            when a blob was uploaded, where that is not when it was touched
/// staging/&lt;random&gt;                              what is being written
/// changes                                      which documents were written last, under each stripe
/// locks/&lt;00…ff&gt;                                a stripe's lock, and the highest revision that was deleted under it
/// </code>
/// </remarks>
internal sealed class FilesystemVolume
{
    private readonly string root;
    private readonly string staging;
    private readonly Lock opening = new();
    private volatile bool opened;

    /// <summary>Touches nothing on the disk.</summary>
    public FilesystemVolume(FilesystemOptions options, TimeProvider time)
    {
        root = Path.GetFullPath(options.Path);
        staging = Path.Combine(root, "staging");
        Time = time;
        Documents = new Tree(Path.Combine(root, "documents"));
        Blobs = new Tree(Path.Combine(root, "blobs"));
        Locks = new StripedLocks(Path.Combine(root, "locks"), time);
        Changes = new ChangeFile(this, Path.Combine(root, "changes"));
    }

    /// <summary>The full path of the folder.</summary>
    public string Root => root;

    public TimeProvider Time { get; }

    public Tree Documents { get; }

    public Tree Blobs { get; }

    public StripedLocks Locks { get; }

    public ChangeFile Changes { get; }

    public DiskThreads Threads { get; } = new();

    /// <summary>The present in 100 ns since the year 1.</summary>
    public long Now => Time.GetUtcNow().UtcTicks;

    /// <summary>
    /// Makes the folders, once: they are never made again, so that a folder which vanishes under a running registry is an error and
    /// not an empty registry.
    /// </summary>
    public void Open()
    {
        if (opened)
            return;
        lock (opening)
        {
            if (opened)
                return;
            foreach (var folder in (ReadOnlySpan<string>)[Documents.Root, Blobs.Root, staging, Locks.Folder])
                Make(folder);
            opened = true;
        }
    }

    /// <summary>Begins a file that nobody sees yet.</summary>
    public StagedFile Stage() => new(Path.Combine(staging, Guid.NewGuid().ToString("n")));

    /// <summary>
    /// Brings a staged file into its place: seals it, places it under the lock of its key, and makes its entry durable. As a rule in one go on one thread; where
    /// somebody else has the lock, it is waited for without one.
    /// </summary>
    /// <param name="tree">Where the place is.</param>
    /// <param name="path">The place.</param>
    /// <param name="key">Whose lock.</param>
    /// <param name="seal">Makes the staged file durable.</param>
    /// <param name="place">Judges and renames, under the lock; false when nothing is to be placed.</param>
    /// <param name="ct">Ends the wait for the lock. Once the file is in its place, the token is not asked any more.</param>
    /// <returns>What <paramref name="place"/> said.</returns>
    public async ValueTask<bool> PlaceAsync(Tree tree, string path, string key, Action seal, Func<Stripe, bool> place, CancellationToken ct)
    {
        bool? placed = null;
        await Threads.RunAsync(() =>
        {
            seal();
            ct.ThrowIfCancellationRequested();
            using (var free = Locks.TryAcquire(key))
                placed = free is null ? null : place(free);
            if (placed is true)
                tree.FlushEntry(path);
        });
        if (placed is { } done)
            return done;
        using (var stripe = await Locks.AcquireAsync(key, ct))
            placed = place(stripe);
        if (placed is true)
            await Threads.RunAsync(() => tree.FlushEntry(path));
        return placed.Value;
    }

    /// <summary>Deletes what was staged and not written to for <paramref name="idle"/>; returns how many files.</summary>
    public int DiscardStaged(TimeSpan idle, CancellationToken ct)
    {
        var newest = Now - idle.Ticks;
        var discarded = 0;
        foreach (var name in Tree.Names(staging) ?? throw Gone(staging))
        {
            ct.ThrowIfCancellationRequested();
            var path = Path.Combine(staging, name);
            if (Disk.TryStat(path) is { Kind: FileKind.Regular } file && file.Ticks <= newest && Disk.TryUnlink(path))
                discarded++;
        }

        return discarded;
    }

    /// <summary>The folder, or a part of it that was there, is not there any more.</summary>
    public static StorageException Gone(string path) =>
        new(StorageFault.Unavailable, $"'{path}' is gone: was the data folder removed, or its volume unmounted, under the running registry?");

    /// <summary>Makes a folder and those above it, each durable in the one above.</summary>
    private static void Make(string folder)
    {
        var made = Disk.TryMakeDirectory(folder);
        if (made is false)
            return;
        var parent = Path.GetDirectoryName(folder) ?? throw Gone(folder);
        if (made is null)
        {
            Make(parent);
            Make(folder);
        }
        else
        {
            Disk.TryFlushDirectory(parent);
        }
    }
}
