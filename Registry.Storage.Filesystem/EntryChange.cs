using Microsoft.Win32.SafeHandles;

namespace Registry.Storage.Filesystem;

/// <summary>
/// A change of one entry of a tree, from before it is made until it is durable. Not thread-safe.
/// </summary>
internal sealed class EntryChange(FileTree tree, string path)
{
    private readonly long failedBefore = tree.FailedFlushes;
    private SafeFileHandle? touched;
    private bool changed;
    private bool removed;

    /// <summary>Renames a staged file into the place of the entry.</summary>
    public void Place(StagedFile staged)
    {
        tree.Place(staged, path);
        changed = true;
    }

    /// <summary>Removes the entry; false when it does not exist.</summary>
    public bool TryRemove()
    {
        if (!Disk.TryUnlink(path))
            return false;
        return changed = removed = true;
    }

    /// <summary>
    /// Sets the modification time of the entry. Its folder is flushed too: others may have placed the entry and not
    /// flushed it yet.
    /// </summary>
    /// <param name="file">The open file of the entry. The caller closes it after the flush.</param>
    /// <param name="ticks">The time in 100 ns since the year 1.</param>
    public void Touch(SafeFileHandle file, long ticks)
    {
        if (tree.IsUnflushed(path))
            tree.RewriteOnFlush(path);
        Disk.SetModified(file, ticks, path);
        touched = file;
        changed = true;
    }

    /// <summary>Makes the next flush write the absence of the entry again, after a failed flush.</summary>
    public void RepeatRemoval()
    {
        tree.RewriteOnFlush(path);
        changed = removed = true;
    }

    /// <summary>
    /// Makes the change durable, if there was one, and removes the folders that it emptied.
    /// </summary>
    /// <exception cref="Core.Storage.StorageException">The change was made, but may not be durable.</exception>
    public void Flush()
    {
        if (!changed)
            return;
        if (touched is not null)
            Disk.Flush(touched, path);
        tree.FlushEntry(path, failedBefore);
        if (removed)
            tree.RemoveEmptied(path);
    }
}
