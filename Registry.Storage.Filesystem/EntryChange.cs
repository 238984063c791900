namespace Registry.Storage.Filesystem;

/// <summary>
/// One change of one entry of a tree, from before it is made until it is durable. For one caller at a time.
/// </summary>
internal sealed class EntryChange(FileTree tree, string path)
{
    private readonly long failedBefore = tree.FailedFlushes;
    private bool made;
    private bool removed;

    /// <summary>Renames a staged file into the place of the entry.</summary>
    public void Place(StagedFile staged)
    {
        tree.Place(staged, path);
        made = true;
    }

    /// <summary>Removes the entry; false when there was none.</summary>
    public bool TryRemove()
    {
        if (!Disk.TryUnlink(path))
            return false;
        return made = removed = true;
    }

    /// <summary>Has the absence of the entry written once more, after a flush that failed.</summary>
    public void RepeatRemoval()
    {
        tree.Distrust(path);
        made = removed = true;
    }

    /// <summary>
    /// Makes durable what was changed, if anything was; then removes the folders that this has emptied.
    /// </summary>
    /// <exception cref="Core.Storage.StorageException">It was changed, and is not known to be durable.</exception>
    public void Flush()
    {
        if (!made)
            return;
        tree.FlushEntry(path, failedBefore);
        if (removed)
            tree.RemoveEmptied(path);
    }
}
