using System.Collections.Concurrent;
using Microsoft.Win32.SafeHandles;
using Registry.Core.Storage;

namespace Registry.Storage.Filesystem;

/// <summary>
/// A folder of placed files. Subfolders are created with their first file and removed with their last. If the root
/// folder is missing, that is an error, and never an empty result.
/// </summary>
internal sealed class FileTree
{
    /// <summary>A mkdir may lose a race against rmdir calls on the same folders many times, but not forever.</summary>
    private const int MaxAttempts = 1000;

    /// <summary>Enough for the folders in use; a folder that is dropped is flushed once more.</summary>
    private const int MaxDurable = 20_000;

    /// <summary>
    /// The maximum number of reads of a folder that changes at every read: a name is hardly ever missed by all of them.
    /// </summary>
    private const int MaxReads = 4;

    /// <summary>
    /// The folders whose parents, up to the root, have been flushed since the process started. They are stored with
    /// their identity: another process may remove an empty folder and create it again, and the entry of the new folder
    /// is not durable yet.
    /// </summary>
    private readonly ConcurrentDictionary<string, FileIdentity> durable = new(StringComparer.Ordinal);

    /// <summary>
    /// The entries whose last change is visible but may not be durable, each with the <see cref="FailedFlushes"/> at
    /// the time of the failure.
    /// </summary>
    private readonly ConcurrentDictionary<string, long> unflushed = new(StringComparer.Ordinal);

    /// <summary>
    /// The folders whose next flush must write them again, each with a number that is new every time.
    /// </summary>
    private readonly ConcurrentDictionary<string, long> rewrites = new(StringComparer.Ordinal);

    private readonly Action<SafeFileHandle, string> flush;
    private readonly SharedFlushes flushes;
    private long failedFlushes;
    private long lastRewrite;

    /// <param name="root">The root folder.</param>
    /// <param name="flush">Flushes an open folder.</param>
    public FileTree(string root, Action<SafeFileHandle, string> flush)
    {
        Root = root;
        this.flush = flush;
        flushes = new SharedFlushes(TryFlush);
    }

    public string Root { get; }

    /// <summary>
    /// Whether a symbolic link in a listed folder is an error. Otherwise it is skipped, so that one link does not fail
    /// the lists of all packages.
    /// </summary>
    public bool RejectsLinks { get; init; }

    /// <summary>
    /// The number of failed flushes of folders. <see cref="FlushEntry"/> takes the number from before the change.
    /// </summary>
    public long FailedFlushes => Interlocked.Read(ref failedFlushes);

    /// <summary>Returns the path of a file from its name below the root.</summary>
    public string PathOf(string name) => $"{Root}/{name}";

    /// <summary>Whether the root folder exists.</summary>
    public bool IsPresent => Disk.TryStat(Root) is { Kind: FileKind.Directory };

    /// <summary>
    /// Finds the modification time of a file, in 100 ns since the year 1; null when it does not exist.
    /// </summary>
    /// <exception cref="StorageException">The root folder is missing.</exception>
    public long? FindTicks(string path)
    {
        if (Disk.TryStat(path) is { } file)
            return file.Ticks;
        ThrowIfMissing();
        return null;
    }

    /// <summary>Throws if the root folder is missing. Called before a file is reported as absent.</summary>
    public void ThrowIfMissing()
    {
        if (!IsPresent)
            throw FilesystemVolume.Missing(Root);
    }

    /// <summary>
    /// Renames a staged file into place, and creates missing folders. Durable only after <see cref="FlushEntry"/>.
    /// </summary>
    /// <exception cref="StorageException">The staged file is gone, or the volume failed.</exception>
    public void Place(StagedFile staged, string path)
    {
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            if (Disk.TryRename(staged.Path, path))
            {
                staged.MarkPlaced();
                return;
            }

            if (Disk.TryStat(staged.Path) is null)
                throw new StorageException(
                    StorageFault.Unavailable, $"The staged file for '{path}' was discarded as abandoned.");
            CreateFolder(Parent(path));
        }

        throw new StorageException(
            StorageFault.Unavailable,
            $"The folder of '{path}' was removed each of {MaxAttempts} times it was created.");
    }

    /// <summary>
    /// Whether the last change of an entry is visible but may not be durable, because a flush failed. Reset by a change
    /// of the entry that is flushed successfully.
    /// </summary>
    public bool IsUnflushed(string path) => unflushed.ContainsKey(path);

    /// <summary>Makes the next flush of an entry write its folder again.</summary>
    public void RewriteOnFlush(string path) => RewriteFolderOnFlush(Parent(path));

    /// <summary>
    /// Makes the creation or removal of a file durable: flushes its folder, and the parent folders that this process
    /// has not flushed yet.
    /// </summary>
    /// <param name="path">The path of the file.</param>
    /// <param name="failedBefore">The <see cref="FailedFlushes"/> from before the change.</param>
    /// <exception cref="StorageException">
    /// A flush failed, or the root folder is missing: the entry is now unflushed.
    /// </exception>
    public void FlushEntry(string path, long failedBefore)
    {
        try
        {
            FlushUpwards(path);

            // The kernel reports a failure to one flush only. Another flush may have received the failure of this
            // change.
            if (FailedFlushes != failedBefore)
                throw new StorageException(StorageFault.Unavailable, "A concurrent flush failed.");
        }
        catch (StorageException exception)
        {
            unflushed[path] = FailedFlushes;
            throw new StorageException(
                exception.Kind,
                $"'{path}' was changed, but may not survive a power cut. {exception.Message}",
                exception)
            {
                IsUnflushed = true,
            };
        }

        // A failure after this change began may belong to a later change.
        if (unflushed.TryGetValue(path, out var since) && since <= failedBefore)
            unflushed.TryRemove(KeyValuePair.Create(path, since));
    }

    private void FlushUpwards(string path)
    {
        var flushed = new List<(string Folder, FileIdentity Identity)>();
        for (var folder = Parent(path); ; folder = Parent(folder))
        {
            if (flushes.Flush(folder) is not { } identity)
            {
                // Another delete removed this folder together with the entry. That is durable once the nearest
                // remaining folder is flushed.
                if (folder.Length <= Root.Length)
                    throw FilesystemVolume.Missing(Root);
                flushed.Clear();
                continue;
            }

            // A new folder requires a flush of its parent. Usually the folder is old, and the parent has been flushed.
            if (folder.Length <= Root.Length || (durable.TryGetValue(folder, out var known) && known == identity))
                break;
            flushed.Add((folder, identity));
        }

        if (durable.Count + flushed.Count > MaxDurable)
            durable.Clear();
        foreach (var (folder, identity) in flushed)
            durable[folder] = identity;
    }

    /// <summary>
    /// Removes the folders that a delete emptied. This is not flushed: a folder that reappears after a crash is empty
    /// and harmless.
    /// </summary>
    public void RemoveEmptied(string path)
    {
        for (var folder = Parent(path);
             folder.Length > Root.Length && Disk.TryRemoveDirectory(folder);
             folder = Parent(folder))
            durable.TryRemove(folder, out _);
    }

    /// <summary>
    /// Returns the names in a folder; null when it does not exist. Names of folders end with a slash; symbolic links
    /// are skipped or, if <paramref name="rejectsLinks"/>, an error.
    /// </summary>
    /// <remarks>
    /// ext4 and XFS replace an entry in place. Others (tmpfs, btrfs) move it, so a concurrent read of the folder may
    /// miss it or see it twice. Therefore a folder that changed while it was read is read again, and the names of all
    /// reads are returned.
    /// </remarks>
    public static HashSet<string>? Names(string folder, bool rejectsLinks, CancellationToken cancellationToken)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var read = 0; read < MaxReads; read++)
        {
            if (Disk.TryStat(folder) is not { } before
                || !Disk.TryAddNames(folder, names, rejectsLinks, cancellationToken))
                return read == 0 ? null : names;
            if (Disk.TryStat(folder) == before)
                break;
        }

        return names;
    }

    /// <summary>Returns the names in a folder without symbolic links; null when it does not exist.</summary>
    public static HashSet<string>? Names(string folder, CancellationToken cancellationToken) =>
        Names(folder, rejectsLinks: false, cancellationToken);

    private void RewriteFolderOnFlush(string folder) => rewrites[folder] = Interlocked.Increment(ref lastRewrite);

    private void CreateFolder(string folder)
    {
        if (folder.Length <= Root.Length)
        {
            ThrowIfMissing();
            return;
        }

        if (Disk.TryCreateDirectory(folder) is not { } created)
        {
            // The parent is missing. If it is removed again before this folder is created, the caller tries again.
            CreateFolder(Parent(folder));
            created = Disk.TryCreateDirectory(folder) is true;
        }

        if (created)
            durable.TryRemove(folder, out _);
    }

    /// <summary>Flushes a folder and returns its identity; null when it does not exist.</summary>
    private FileIdentity? TryFlush(string folder)
    {
        try
        {
            // After a failed write, Linux treats the folder as written. It is written again only after another change.
            var mustRewrite = rewrites.TryGetValue(folder, out var rewrite);
            if (mustRewrite)
                Disk.TryTouchDirectory(folder);
            var identity = Disk.TryFlushDirectory(folder, flush);

            // Keeps a rewrite that was requested in the meantime.
            if (mustRewrite)
                rewrites.TryRemove(KeyValuePair.Create(folder, rewrite));
            return identity;
        }
        catch (StorageException)
        {
            // Recorded before this flush ends, so that the next flush of the folder writes it again.
            RewriteFolderOnFlush(folder);
            Interlocked.Increment(ref failedFlushes);
            throw;
        }
    }

    private static string Parent(string path) => path[..path.LastIndexOf('/')];
}
