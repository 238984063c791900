using Registry.Core.Storage;

namespace Registry.Storage.Filesystem;

/// <summary>
/// Keeps commands that root runs from leaving files in the folder of a service that runs as another user: the service
/// could neither replace them nor open their locks.
/// </summary>
internal static class FolderOwner
{
    /// <summary>
    /// Throws if new files would belong to root, but the folder of documents belongs to another user. All other users
    /// may share the folder: the volume grants or denies them access, for example by its group in Kubernetes.
    /// </summary>
    /// <remarks>
    /// The owner of <c>documents</c> counts, because a registry created it. The data folder may be a volume that was
    /// prepared for another user than the one that the registry runs as.
    /// The owner of a new file counts, because volumes map owners: a network share may map root to another user, and
    /// others give all files the same owner.
    /// </remarks>
    /// <param name="root">The data folder.</param>
    /// <param name="documents">The folder of documents, which may not exist yet.</param>
    /// <exception cref="StorageException">The folder belongs to another user.</exception>
    public static void ThrowIfRootIntrudes(string root, string documents)
    {
        if (Environment.IsPrivilegedProcess
            && Disk.TryFindOwner(documents) is { } owner and not 0
            && OwnerOfNewFile(root) == 0)
        {
            throw new StorageException(
                StorageFault.Denied,
                $"'{documents}' belongs to the user with the id {owner}, who could not use the files that root "
                    + $"creates. Run the command as this user, for example with sudo -u '#{owner}'. If the service "
                    + "runs as root, change the owner of the whole data folder.");
        }
    }

    private static uint? OwnerOfNewFile(string folder)
    {
        var path = $"{folder}/.{Guid.NewGuid():n}";
        using var file = Disk.TryCreateNew(path);
        var owner = Disk.TryFindOwner(path);
        Disk.TryUnlink(path);
        return owner;
    }
}
