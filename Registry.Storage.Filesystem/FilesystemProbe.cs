using Registry.Core.Storage;

namespace Registry.Storage.Filesystem;

/// <summary>
/// Proves, for the volume in use, what revisions and exclusion rest on: modification times of 100 ns, and locks that
/// exclude. That there is room comes last, so that a full volume is found to be full only after it has proved the rest.
/// </summary>
internal sealed class FilesystemProbe(FilesystemVolume volume) : IStorageProbe
{
    public string Name => "filesystem";

    public string Description => $"{Name} at {volume.Root}";

    public ValueTask ProbeAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        volume.Open();
        using var staged = volume.Stage();

        // An odd number of 100 ns, in the second to come: neither a rounding nor the volume's own clock gives it by
        // chance, and no replica that sweeps takes the file for an abandoned one.
        var odd = volume.Now - (volume.Now % TimeSpan.TicksPerSecond) + TimeSpan.TicksPerSecond + 1_234_567;
        staged.Seal(odd);
        using (var file = Disk.TryOpenRead(staged.Path) ?? throw FilesystemVolume.Gone(staged.Path))
        {
            if (Disk.Stat(file, staged.Path).Ticks != odd)
                throw Unfit("keeps modification times less exact than 100 ns");
        }

        DemandLocks(staged.Path);
        staged.Append("probe"u8);
        return ValueTask.CompletedTask;
    }

    /// <summary>A staged file is locked by its writer: nobody else may get that lock.</summary>
    private static void DemandLocks(string path)
    {
        using var other = Disk.TryOpenRead(path) ?? throw FilesystemVolume.Gone(path);
        if (Disk.TryLock(other, path))
            throw Unfit("does not exclude by flock");
    }

    private static StorageException Unfit(string what) =>
        new(
            StorageFault.Denied,
            $"The volume of the data folder {what}: the registry needs one that does, such as ext4 or XFS.");
}
