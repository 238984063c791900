using System.Collections.Concurrent;
using Registry.Core.Storage;

namespace Registry.Storage.Filesystem;

/// <summary>
/// A folder of placed files. Folders below it come with the first file in them and go with the last; the top one stays, and its absence is
/// an error and never an empty answer.
/// </summary>
/// <param name="root">The top folder.</param>
internal sealed class Tree(string root)
{
    /// <summary>A mkdir may lose to a rmdir that empties the same folders, many times, but not for ever.</summary>
    private const int MaxAttempts = 1000;

    /// <summary>Enough for the folders that are in use; what is forgotten is flushed once more.</summary>
    private const int MaxKnown = 20_000;

    /// <summary>A folder that changes at every read is read so often: what is missed each time is next to nothing.</summary>
    private const int MaxReads = 4;

    /// <summary>
    /// Folders whose way up to the top was flushed since this process began, each as the one that it was: another process may remove a folder that it
    /// has emptied and make it again, and that one's entry is not durable yet.
    /// </summary>
    private readonly ConcurrentDictionary<string, FileIdentity> durable = new(StringComparer.Ordinal);

    private readonly SharedFlushes flushes = new(Disk.TryFlushDirectory);

    public string Root { get; } = root;

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

    /// <summary>Renames a staged file into its place, making the folders on the way. Durable only after <see cref="FlushEntry"/>.</summary>
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
                throw new StorageException(StorageFault.Unavailable, $"What was staged for '{path}' had been discarded.");
            MakeFolder(Parent(path));
        }

        throw new StorageException(StorageFault.Unavailable, $"The folder of '{path}' vanished as often as it was made.");
    }

    /// <summary>Makes durable that a file came to its place, or left it: its folder, and those above it that this process has not flushed yet.</summary>
    public void FlushEntry(string path)
    {
        var folder = Parent(path);

        // A folder that is gone was emptied by another who deleted what we placed: our write was whole, and theirs came after.
        if (flushes.Flush(folder) is not { } identity)
        {
            DemandPresent();
            return;
        }

        // Upwards as far as it is not known already: a new folder needs the flush of the one above it, and that one's own entry is old as a rule.
        var flushed = new List<(string Folder, FileIdentity Identity)>();
        for (var at = folder; at.Length > Root.Length && !(durable.TryGetValue(at, out var known) && known == identity); at = Parent(at))
        {
            flushed.Add((at, identity));
            if (flushes.Flush(Parent(at)) is not { } above)
            {
                // Emptied meanwhile, as above; nothing is known of what lay in it.
                DemandPresent();
                return;
            }

            identity = above;
        }

        if (durable.Count + flushed.Count > MaxKnown)
            durable.Clear();
        foreach (var (known, which) in flushed)
            durable[known] = which;
    }

    /// <summary>Removes the folders that a delete has emptied. One that came back by a crash is empty and does no harm: nothing is flushed.</summary>
    public void RemoveEmptied(string path)
    {
        for (var folder = Parent(path); folder.Length > Root.Length && Disk.TryRemoveDirectory(folder); folder = Parent(folder))
            durable.TryRemove(folder, out _);
    }

    /// <summary>The names in a folder, those of folders followed by a slash; null when there is no such folder. Symbolic links are left out.</summary>
    /// <remarks>
    /// ext4 and XFS replace an entry where it stands. Others (tmpfs, btrfs) move it, and who reads the folder meanwhile may miss it or see it
    /// twice: so a folder that changed while it was read is read again, and a name counts that any of the reads saw.
    /// </remarks>
    public static HashSet<string>? Names(string folder, CancellationToken ct)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var read = 0; read < MaxReads; read++)
        {
            if (Disk.TryStat(folder) is not { } before || !Disk.TryAddNames(folder, names, ct))
                return read == 0 ? null : names;
            if (Disk.TryStat(folder) == before)
                break;
        }

        return names;
    }

    private void MakeFolder(string folder)
    {
        if (folder.Length <= Root.Length)
        {
            DemandPresent();
            return;
        }

        if (Disk.TryMakeDirectory(folder) is not { } made)
        {
            // The folder above is missing. Should this one fail again, because that went again, the caller comes round once more.
            MakeFolder(Parent(folder));
            made = Disk.TryMakeDirectory(folder) is true;
        }

        if (made)
            durable.TryRemove(folder, out _);
    }

    private static string Parent(string path) => path[..path.LastIndexOf('/')];
}
