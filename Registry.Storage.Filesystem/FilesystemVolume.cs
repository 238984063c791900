using Microsoft.Win32.SafeHandles;
using Registry.Core.Storage;

namespace Registry.Storage.Filesystem;

/// <summary>
/// The data folder. The three stores of a process share one instance; several processes, or several instances in one
/// process, may share the folder.
/// </summary>
/// <remarks>
/// <code>
/// documents/packages/&lt;namespace&gt;/&lt;name&gt;@.json   a document
/// blobs/&lt;scope …&gt;/@&lt;digest&gt;                       a blob
/// blobs/&lt;scope …&gt;/@&lt;digest&gt;.uploaded              the upload time of a blob
/// staging/&lt;random&gt;                                a file that is being written
/// uploads/&lt;id&gt;-&lt;scope&gt;/&lt;offset&gt;-&lt;length&gt;           the bytes of an append to a staged upload
/// uploads/&lt;id&gt;-&lt;scope&gt;/&lt;random&gt;                   an append that is being written
/// changes                                         the documents written last, for each stripe
/// locks/&lt;00…ff&gt;                                   the lock of a stripe
/// </code>
/// The modification time of a document is its revision. That of a blob is its revision and usually tells its upload
/// time; a file <c>.uploaded</c> exists if it does not. The file of a lock contains the highest revision deleted under
/// it.
/// </remarks>
internal sealed class FilesystemVolume
{
    private readonly FilesystemOptions options;
    private readonly string staging;
    private readonly Lock opening = new();
    private volatile bool opened;

    /// <summary>
    /// Resolves the folder, which may be a symbolic link, once. Does not change the disk.
    /// </summary>
    /// <param name="options">The options.</param>
    /// <param name="time">The clock of revisions.</param>
    /// <param name="flushFolder">Flushes an open folder with a path; null for fsync.</param>
    public FilesystemVolume(
        FilesystemOptions options, TimeProvider time, Action<SafeFileHandle, string>? flushFolder = null)
    {
        this.options = options;
        Root = DataFolder.Resolve(options.Path);
        staging = Path.Combine(Root, "staging");
        Uploads = Path.Combine(Root, "uploads");
        Time = time;
        Documents = Tree(DataFolder.Documents);
        Blobs = Tree(DataFolder.Blobs);
        Locks = new StripedLocks(Path.Combine(Root, "locks"), time, Threads);
        Changes = new ChangeFile(this, Path.Combine(Root, "changes"));

        // Commands that only read, read everything: they must not report success for a part of it.
        FileTree Tree(string name) =>
            new(Path.Combine(Root, name), flushFolder ?? Disk.Flush) { RejectsLinks = options.ReadOnly };
    }

    /// <summary>The absolute path of the folder, with all symbolic links resolved.</summary>
    public string Root { get; }

    public TimeProvider Time { get; }

    public FileTree Documents { get; }

    public FileTree Blobs { get; }

    /// <summary>The folder of staged uploads, which the first of them creates.</summary>
    public string Uploads { get; }

    public StripedLocks Locks { get; }

    public ChangeFile Changes { get; }

    public DiskThreads Threads { get; } = new();

    /// <summary>The current time in 100 ns since the year 1.</summary>
    public long Now => Time.GetUtcNow().UtcTicks;

    /// <summary>
    /// Creates the folders, once. A folder that vanishes under a running registry is not created again: it is an error,
    /// and not an empty registry.
    /// </summary>
    /// <exception cref="StorageException">
    /// The folders cannot or must not be created, the volume is read-only, or root runs a command on the folder of
    /// another user.
    /// </exception>
    public void Open()
    {
        if (opened)
            return;
        ThrowIfReadOnly();
        lock (opening)
        {
            if (opened)
                return;
            if (!options.Create)
                ThrowIfNoRegistry();
            if (options.IsCommand)
                FolderOwner.ThrowIfRootIntrudes(Root, Documents.Root);
            foreach (var folder in (ReadOnlySpan<string>)[Documents.Root, Blobs.Root, staging, Locks.Folder])
                Create(folder);
            opened = true;
        }
    }

    /// <summary>
    /// As <see cref="Open"/>, for calls that only read: on a read-only or full volume they do not need the folders for
    /// writing.
    /// </summary>
    /// <exception cref="StorageException">
    /// The folders of documents and blobs do not exist and cannot be created.
    /// </exception>
    public void OpenForReading()
    {
        if (opened)
            return;
        try
        {
            if (!options.ReadOnly)
                Open();
            else
                ThrowIfNoRegistry();
        }
        catch (StorageException exception)
            when (exception.Kind == StorageFault.Full && Documents.IsPresent && Blobs.IsPresent)
        {
            // Only the folders for writing are missing. Writes fail for the same reason until there is space.
        }
    }

    /// <summary>Creates a staged file.</summary>
    public StagedFile Stage()
    {
        // Another process may discard a file in the moment before it is locked, but not again and again.
        while (true)
        {
            if (StagedFile.TryCreate(Path.Combine(staging, Guid.NewGuid().ToString("n"))) is { } staged)
                return staged;
            if (Disk.TryStat(staging) is null)
                throw Missing(staging);
        }
    }

    /// <summary>
    /// Changes an entry under the lock of its key and makes the change durable, on the <see cref="DiskThreads"/>.
    /// Usually one thread does all of it. If the lock is taken, no thread is blocked while waiting for it.
    /// </summary>
    /// <param name="key">The key of the lock.</param>
    /// <param name="entry">
    /// The entry. It is flushed if it was changed, even if <paramref name="change"/> throws afterwards.
    /// </param>
    /// <param name="prepare">The part that needs no lock, which runs first; null for none.</param>
    /// <param name="change">
    /// Evaluates the precondition and makes the change, under the lock; returns false when nothing was changed.
    /// </param>
    /// <param name="cancellationToken">Cancels the wait for the lock, but not the change itself.</param>
    /// <returns>The result of <paramref name="change"/>.</returns>
    public async ValueTask<bool> ChangeAsync(
        string key, EntryChange entry, Action? prepare, Func<Stripe, bool> change, CancellationToken cancellationToken)
    {
        bool? changed = null;
        await Threads.RunAsync(() =>
        {
            prepare?.Invoke();
            cancellationToken.ThrowIfCancellationRequested();
            if (Locks.TryAcquire(key) is { } acquired)
                changed = Change(acquired);
        });
        if (changed is { } result)
            return result;
        var stripe = await Locks.AcquireAsync(key, cancellationToken);
        await RunAsync(stripe, () => changed = Change(stripe));
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

    /// <summary>Runs a call that releases a lock, or releases it if the call cannot run.</summary>
    private Task RunAsync(Stripe held, Action call)
    {
        try
        {
            return Threads.RunAsync(call);
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <summary>Discards a staged file unless it has been placed. Null for none.</summary>
    public Task DiscardAsync(StagedFile? staged) =>
        staged is null or { IsPlaced: true } ? Task.CompletedTask : Threads.RunAsync(staged.Dispose);

    /// <summary>
    /// Closes a file that was read. Closing the last handle of a deleted file frees its blocks, which changes the
    /// volume and so runs on a <see cref="DiskThreads"/> thread.
    /// </summary>
    public void Close(SafeFileHandle file)
    {
        if (Disk.HasName(file))
            file.Dispose();
        else
            _ = Threads.RunAsync(file.Dispose);
    }

    /// <summary>
    /// Deletes the staged files whose writers are gone, as their released locks show, or have not written for
    /// <paramref name="idle"/>.
    /// </summary>
    /// <returns>The number of deleted files.</returns>
    public int DiscardStaged(TimeSpan idle, CancellationToken cancellationToken)
    {
        ThrowIfReadOnly();
        var newest = Now - idle.Ticks;
        var discarded = 0;
        foreach (var name in FileTree.Names(staging, cancellationToken) ?? throw Missing(staging))
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

    /// <summary>Creates the error of a path in the data folder that has disappeared.</summary>
    public static StorageException Missing(string path) =>
        new(
            StorageFault.Unavailable,
            $"'{path}' is missing. Was the data folder removed or its volume unmounted while the registry was "
                + "running?");

    /// <summary>Throws if the folder is open for reading only.</summary>
    public void ThrowIfReadOnly()
    {
        if (options.ReadOnly)
            throw new StorageException(StorageFault.Denied, "The data folder is open for reading only.");
    }

    private void ThrowIfNoRegistry()
    {
        Documents.ThrowIfMissing();
        Blobs.ThrowIfMissing();
    }

    /// <summary>Creates a folder and its missing parents, and makes their entries durable.</summary>
    private static void Create(string folder)
    {
        var created = Disk.TryCreateDirectory(folder);
        if (created is false)
            return;
        var parent = Path.GetDirectoryName(folder) ?? throw Missing(folder);
        if (created is null)
        {
            Create(parent);

            // The parent exists now, but does not accept directories, as /proc.
            if (Disk.TryCreateDirectory(folder) is null)
            {
                throw new StorageException(
                    StorageFault.Denied, $"Could not create the directory '{folder}': '{parent}' does not accept it.");
            }
        }

        Disk.TryFlushDirectory(parent);
    }
}
