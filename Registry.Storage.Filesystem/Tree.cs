using System.Collections.Concurrent;
using Microsoft.Win32.SafeHandles;
using Registry.Core.Storage;

namespace Registry.Storage.Filesystem;

/// <summary>
/// A folder of placed files. Folders below it come with the first file in them and go with the last; the top one stays, and its absence is
/// an error and never an empty answer.
/// </summary>
/// <param name="root">The top folder.</param>
/// <param name="flush">Flushes an open folder.</param>
internal sealed class Tree(string root, Action<SafeFileHandle, string> flush)
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

    private readonly SharedFlushes flushes = new(folder => Disk.TryFlushDirectory(folder, flush));

    public string Root { get; } = root;

    /// <summary>The path of a file, from its name below the top.</summary>
    public string PathOf(string name) => $"{Root}/{name}";

    /// <summary>Throws when the top folder is gone: called before absence becomes an answer.</summary>
    public void DemandPresent()
    {
        if (Disk.TryStat(Root) is not { Kind: FileKind.Directory })
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

    /// <summary>
    /// Makes durable that a file came to its place, or left it: flushes its folder, and those above it that this process has not flushed yet.
    /// </summary>
    /// <exception cref="StorageException">A flush failed, or the top folder is gone.</exception>
    public void FlushEntry(string path)
    {
        var flushed = new List<(string Folder, FileIdentity Identity)>();
        for (var folder = Parent(path); ; folder = Parent(folder))
        {
            if (flushes.Flush(folder) is not { } identity)
            {
                // Another delete removed this folder, and the entry with it. That is durable once the nearest folder that is left is flushed.
                if (folder.Length <= Root.Length)
                    throw FilesystemVolume.Gone(Root);
                flushed.Clear();
                continue;
            }

            // A new folder needs the flush of the one above it; as a rule the folder is old, and this process has flushed that before.
            if (folder.Length <= Root.Length || (durable.TryGetValue(folder, out var known) && known == identity))
                break;
            flushed.Add((folder, identity));
        }

        if (durable.Count + flushed.Count > MaxKnown)
            durable.Clear();
        foreach (var (folder, identity) in flushed)
            durable[folder] = identity;
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
    public static HashSet<string>? Names(string folder)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var read = 0; read < MaxReads; read++)
        {
            if (Disk.TryStat(folder) is not { } before || !Disk.TryAddNames(folder, names))
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
