using System.Collections.Concurrent;
using Microsoft.Win32.SafeHandles;
using Registry.Core.Storage;

namespace Registry.Storage.Filesystem;

/// <summary>
/// A folder of placed files. Folders below it come with the first file in them and go with the last; the top one stays,
/// and its absence is an error and never an empty answer.
/// </summary>
internal sealed class FileTree
{
    /// <summary>A mkdir may lose to a rmdir that empties the same folders, many times, but not for ever.</summary>
    private const int MaxAttempts = 1000;

    /// <summary>Enough for the folders that are in use; what is forgotten is flushed once more.</summary>
    private const int MaxKnown = 20_000;

    /// <summary>
    /// A folder that changes at every read is read so often: what is missed each time is next to nothing.
    /// </summary>
    private const int MaxReads = 4;

    /// <summary>
    /// Folders whose way up to the top was flushed since this process began, each as the one that it was: another
    /// process may remove a folder that it has emptied and make it again, and that one's entry is not durable yet.
    /// </summary>
    private readonly ConcurrentDictionary<string, FileIdentity> durable = new(StringComparer.Ordinal);

    /// <summary>
    /// Entries whose last change is visible and not known to be durable, each with <see cref="FailedFlushes"/> when
    /// that was found out.
    /// </summary>
    private readonly ConcurrentDictionary<string, long> doubts = new(StringComparer.Ordinal);

    /// <summary>Folders whose last flush failed.</summary>
    private readonly ConcurrentDictionary<string, long> suspects = new(StringComparer.Ordinal);

    private readonly Action<SafeFileHandle, string> flush;
    private readonly SharedFlushes flushes;
    private long failedFlushes;
    private long suspicions;

    /// <param name="root">The top folder.</param>
    /// <param name="flush">Flushes an open folder.</param>
    public FileTree(string root, Action<SafeFileHandle, string> flush)
    {
        Root = root;
        this.flush = flush;
        flushes = new SharedFlushes(TryFlush);
    }

    public string Root { get; }

    /// <summary>
    /// How many flushes of folders have failed so far. <see cref="FlushEntry"/> is told the number from before the
    /// change.
    /// </summary>
    public long FailedFlushes => Interlocked.Read(ref failedFlushes);

    /// <summary>The path of a file, from its name below the top.</summary>
    public string PathOf(string name) => $"{Root}/{name}";

    /// <summary>Whether the top folder is there.</summary>
    public bool IsPresent => Disk.TryStat(Root) is { Kind: FileKind.Directory };

    /// <summary>Throws when the top folder is gone: called before absence becomes an answer.</summary>
    public void DemandPresent()
    {
        if (!IsPresent)
            throw FilesystemVolume.Gone(Root);
    }

    /// <summary>
    /// Renames a staged file into its place, making the folders on the way. Durable only after
    /// <see cref="FlushEntry"/>.
    /// </summary>
    /// <exception cref="StorageException">What was staged is gone, or the volume refuses.</exception>
    public void Place(StagedFile staged, string path)
    {
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            if (Disk.TryRename(staged.Path, path))
            {
                staged.Placed();
                return;
            }

            if (Disk.TryStat(staged.Path) is null)
                throw new StorageException(
                    StorageFault.Unavailable, $"What was staged for '{path}' had been discarded.");
            MakeFolder(Parent(path));
        }

        throw new StorageException(
            StorageFault.Unavailable, $"The folder of '{path}' vanished as often as it was made.");
    }

    /// <summary>
    /// Whether the last change of an entry is visible and not known to be durable, because a flush failed. Ends with a
    /// change of the entry that is flushed without a failure.
    /// </summary>
    public bool IsInDoubt(string path) => doubts.ContainsKey(path);

    /// <summary>Has the folder of an entry written anew before its next flush.</summary>
    public void Distrust(string path) => Suspect(Parent(path));

    /// <summary>
    /// Makes durable that a file came to its place, or left it: flushes its folder, and those above it that this
    /// process has not flushed yet.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="failedBefore"><see cref="FailedFlushes"/> from before the change.</param>
    /// <exception cref="StorageException">A flush failed, or the top folder is gone: the entry is in doubt.</exception>
    public void FlushEntry(string path, long failedBefore)
    {
        try
        {
            FlushUpwards(path);

            // A failure is reported to one flush only. It may have concerned this change, though another was told.
            if (FailedFlushes != failedBefore)
                throw new StorageException(StorageFault.Unavailable, "Another flush failed meanwhile.");
        }
        catch (StorageException failure)
        {
            doubts[path] = FailedFlushes;
            throw new StorageException(
                failure.Kind, $"'{path}' was changed, but may not survive a power failure. {failure.Message}", failure)
            {
                IsUnflushed = true,
            };
        }

        // What failed after this change had begun may concern one that came after it.
        if (doubts.TryGetValue(path, out var since) && since <= failedBefore)
            doubts.TryRemove(KeyValuePair.Create(path, since));
    }

    private void FlushUpwards(string path)
    {
        var flushed = new List<(string Folder, FileIdentity Identity)>();
        for (var folder = Parent(path); ; folder = Parent(folder))
        {
            if (flushes.Flush(folder) is not { } identity)
            {
                // Another delete removed this folder, and the entry with it. That is durable once the nearest folder
                // that is left is flushed.
                if (folder.Length <= Root.Length)
                    throw FilesystemVolume.Gone(Root);
                flushed.Clear();
                continue;
            }

            // A new folder needs the flush of the one above it; as a rule the folder is old, and this process has
            // flushed that before.
            if (folder.Length <= Root.Length || (durable.TryGetValue(folder, out var known) && known == identity))
                break;
            flushed.Add((folder, identity));
        }

        if (durable.Count + flushed.Count > MaxKnown)
            durable.Clear();
        foreach (var (folder, identity) in flushed)
            durable[folder] = identity;
    }

    /// <summary>
    /// Removes the folders that a delete has emptied. One that came back by a crash is empty and does no harm: nothing
    /// is flushed.
    /// </summary>
    public void RemoveEmptied(string path)
    {
        for (var folder = Parent(path);
             folder.Length > Root.Length && Disk.TryRemoveDirectory(folder);
             folder = Parent(folder))
            durable.TryRemove(folder, out _);
    }

    /// <summary>
    /// The names in a folder, those of folders followed by a slash; null when there is no such folder. Symbolic links
    /// are left out.
    /// </summary>
    /// <remarks>
    /// ext4 and XFS replace an entry where it stands. Others (tmpfs, btrfs) move it, and who reads the folder meanwhile
    /// may miss it or see it twice: so a folder that changed while it was read is read again, and a name counts that
    /// any of the reads saw.
    /// </remarks>
    public static HashSet<string>? Names(string folder, CancellationToken cancellationToken)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var read = 0; read < MaxReads; read++)
        {
            if (Disk.TryStat(folder) is not { } before || !Disk.TryAddNames(folder, names, cancellationToken))
                return read == 0 ? null : names;
            if (Disk.TryStat(folder) == before)
                break;
        }

        return names;
    }

    private void Suspect(string folder) => suspects[folder] = Interlocked.Increment(ref suspicions);

    private void MakeFolder(string folder)
    {
        if (folder.Length <= Root.Length)
        {
            DemandPresent();
            return;
        }

        if (Disk.TryMakeDirectory(folder) is not { } made)
        {
            // The folder above is missing. Should this one fail again, because that went again, the caller comes round
            // once more.
            MakeFolder(Parent(folder));
            made = Disk.TryMakeDirectory(folder) is true;
        }

        if (made)
            durable.TryRemove(folder, out _);
    }

    /// <summary>Flushes a folder, and tells which it was; null when it is gone.</summary>
    private FileIdentity? TryFlush(string folder)
    {
        try
        {
            // What Linux failed to write it takes for written from then on. Only a folder that changes once more is
            // written again.
            var isSuspect = suspects.TryGetValue(folder, out var suspicion);
            if (isSuspect)
                Disk.TryChangeDirectory(folder);
            var identity = Disk.TryFlushDirectory(folder, flush);

            // A suspicion that came meanwhile stays.
            if (isSuspect)
                suspects.TryRemove(KeyValuePair.Create(folder, suspicion));
            return identity;
        }
        catch (StorageException)
        {
            // Counted before anyone learns that this flush has ended, so that the next one of this folder is not
            // trusted too much.
            Suspect(folder);
            Interlocked.Increment(ref failedFlushes);
            throw;
        }
    }

    private static string Parent(string path) => path[..path.LastIndexOf('/')];
}
