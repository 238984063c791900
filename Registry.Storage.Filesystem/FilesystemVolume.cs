using Microsoft.Win32.SafeHandles;
using Registry.Core.Storage;

namespace Registry.Storage.Filesystem;

/// <summary>
/// The folder that holds everything, as one process sees it. Both stores of a process share one; several processes, or
/// several of these in one process, may share the folder.
/// </summary>
/// <remarks>
/// <code>
/// documents/packages/&lt;namespace&gt;/&lt;name&gt;@.json    a document: its modification time is its revision
/// blobs/&lt;scope …&gt;/@&lt;digest&gt; a blob: its modification time is its revision and when it was touched
/// blobs/&lt;scope …&gt;/@&lt;digest&gt;.uploaded when a blob was uploaded, where that is not when it was touched
/// staging/&lt;random&gt; what is being written changes which documents were written last, under each stripe
/// locks/&lt;00…ff&gt; a stripe's lock, and the highest revision that was deleted under it
/// </code>
/// </remarks>
internal sealed class FilesystemVolume
{
    private readonly FilesystemOptions options;
    private readonly string staging;
    private readonly Lock opening = new();
    private volatile bool opened;

    /// <summary>Changes nothing on the disk. The folder may be a symbolic link, which is followed here, once.</summary>
    /// <param name="options">Where the folder is.</param>
    /// <param name="time">The clock of revisions.</param>
    /// <param name="flushFolder">Flushes an open folder, given with its path; null for fsync.</param>
    public FilesystemVolume(
        FilesystemOptions options, TimeProvider time, Action<SafeFileHandle, string>? flushFolder = null)
    {
        this.options = options;
        Root = DataFolder.Resolve(options.Path);
        staging = Path.Combine(Root, "staging");
        Time = time;
        Documents = new FileTree(Path.Combine(Root, DataFolder.Documents), flushFolder ?? Disk.Flush);
        Blobs = new FileTree(Path.Combine(Root, DataFolder.Blobs), flushFolder ?? Disk.Flush);
        Locks = new StripedLocks(Path.Combine(Root, "locks"), time, Threads);
        Changes = new ChangeFile(this, Path.Combine(Root, "changes"));
    }

    /// <summary>The full path of the folder, with every symbolic link in it followed.</summary>
    public string Root { get; }

    public TimeProvider Time { get; }

    public FileTree Documents { get; }

    public FileTree Blobs { get; }

    public StripedLocks Locks { get; }

    public ChangeFile Changes { get; }

    public DiskThreads Threads { get; } = new();

    /// <summary>The present in 100 ns since the year 1.</summary>
    public long Now => Time.GetUtcNow().UtcTicks;

    /// <summary>
    /// Makes the folders, once: they are never made again, so that a folder which vanishes under a running registry is
    /// an error and not an empty registry.
    /// </summary>
    /// <exception cref="StorageException">
    /// They cannot be made or may not be, or the volume is open for reading only.
    /// </exception>
    public void Open()
    {
        if (opened)
            return;
        DemandWritable();
        lock (opening)
        {
            if (opened)
                return;
            if (!options.Create)
                DemandRegistry();
            foreach (var folder in (ReadOnlySpan<string>)[Documents.Root, Blobs.Root, staging, Locks.Folder])
                Make(folder);
            opened = true;
        }
    }

    /// <summary>
    /// As <see cref="Open"/>, for a call that only reads: on a read-only or full volume it needs none of the folders
    /// that are written to.
    /// </summary>
    /// <exception cref="StorageException">
    /// The folders of documents and blobs are not there and cannot be made.
    /// </exception>
    public void OpenToRead()
    {
        if (opened)
            return;
        try
        {
            if (!options.ReadOnly)
                Open();
            else
                DemandRegistry();
        }
        catch (StorageException full) when (full.Kind == StorageFault.Full && Documents.IsPresent && Blobs.IsPresent)
        {
            // Only the folders for writing are missing. Writes are refused for the same reason, until there is room for
            // them.
        }
    }

    /// <summary>Begins a file that nobody sees yet.</summary>
    public StagedFile Stage()
    {
        // A sweep of another process may take a file in the moment before it is locked; it cannot do so again and
        // again.
        while (true)
            if (StagedFile.TryCreate(Path.Combine(staging, Guid.NewGuid().ToString("n"))) is { } staged)
                return staged;
    }

    /// <summary>
    /// Changes an entry under the lock of its key and makes the change durable, all of it on the threads of the disk.
    /// As a rule in one go; where somebody else has the lock, no thread waits for it.
    /// </summary>
    /// <param name="key">Whose lock.</param>
    /// <param name="entry">
    /// The entry. It is flushed if it was changed, even when <paramref name="change"/> throws after that.
    /// </param>
    /// <param name="prepare">What needs no lock; runs first. Null for nothing.</param>
    /// <param name="change">Judges and changes, under the lock; false when nothing is to be changed.</param>
    /// <param name="cancellationToken">
    /// Ends the wait for the lock. Once the entry is being changed, the token is not asked any more.
    /// </param>
    /// <returns>What <paramref name="change"/> said.</returns>
    public async ValueTask<bool> ChangeAsync(
        string key, EntryChange entry, Action? prepare, Func<Stripe, bool> change, CancellationToken cancellationToken)
    {
        bool? changed = null;
        await Threads.RunAsync(() =>
        {
            prepare?.Invoke();
            cancellationToken.ThrowIfCancellationRequested();
            if (Locks.TryAcquire(key) is { } free)
                changed = Change(free);
        });
        if (changed is { } done)
            return done;
        var stripe = await Locks.AcquireAsync(key, cancellationToken);
        await Threads.RunAsync(() => changed = Change(stripe));
        return changed is true;

        bool Change(Stripe held)
        {
            try
            {
                using (held)
                    return change(held);
            }
            finally
            {
                entry.Flush();
            }
        }
    }

    /// <summary>Discards a staged file, unless it has come to its place. Null for none.</summary>
    public Task DiscardAsync(StagedFile? staged) =>
        staged is null or { IsPlaced: true } ? Task.CompletedTask : Threads.RunAsync(staged.Dispose);

    /// <summary>
    /// Closes a file that was read. Closing the last handle of a deleted file frees its blocks, which is a change of
    /// the volume.
    /// </summary>
    public void Close(SafeFileHandle file)
    {
        if (Disk.HasName(file))
            file.Dispose();
        else
            _ = Threads.RunAsync(file.Dispose);
    }

    /// <summary>
    /// Deletes what was staged by writers that are gone, which their locks tell, or that have not written for <paramref
    /// name="idle"/>; returns how many files.
    /// </summary>
    public int DiscardStaged(TimeSpan idle, CancellationToken cancellationToken)
    {
        DemandWritable();
        var newest = Now - idle.Ticks;
        var discarded = 0;
        foreach (var name in FileTree.Names(staging, cancellationToken) ?? throw Gone(staging))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var path = Path.Combine(staging, name);
            if (Disk.TryStat(path) is not { Kind: FileKind.Regular } file)
                continue;
            if (file.Ticks <= newest ? Disk.TryUnlink(path) : StagedFile.TryReclaim(path))
                discarded++;
        }

        return discarded;
    }

    /// <summary>The folder, or a part of it that was there, is not there any more.</summary>
    public static StorageException Gone(string path) =>
        new(
            StorageFault.Unavailable,
            $"'{path}' is gone: was the data folder removed, or its volume unmounted, under the running registry?");

    private void DemandWritable()
    {
        if (options.ReadOnly)
            throw new StorageException(StorageFault.Denied, "The data folder is open for reading only.");
    }

    private void DemandRegistry()
    {
        Documents.DemandPresent();
        Blobs.DemandPresent();
    }

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

            // There is a folder above it now, and still it cannot be made: /proc is a place like that.
            if (Disk.TryMakeDirectory(folder) is null)
            {
                throw new StorageException(
                    StorageFault.Denied, $"Could not make the directory '{folder}': '{parent}' does not accept it.");
            }
        }

        Disk.TryFlushDirectory(parent);
    }
}
