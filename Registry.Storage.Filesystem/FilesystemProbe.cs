using Registry.Core.Storage;

namespace Registry.Storage.Filesystem;

/// <summary>
/// Checks that the volume supports what revisions and locks depend on: modification times with a precision of 100 ns,
/// and exclusive locks. Free space is checked last, so that a full volume is reported only when all else is right.
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

        // An odd number of 100 ns, in the next second: neither rounding nor the clock of the volume produces it by
        // chance, and no other replica discards the file as abandoned.
        var odd = volume.Now - (volume.Now % TimeSpan.TicksPerSecond) + TimeSpan.TicksPerSecond + 1_234_567;
        staged.Seal(odd);
        using (var file = Disk.TryOpenRead(staged.Path) ?? throw FilesystemVolume.Missing(staged.Path))
        {
            if (Disk.Stat(file, staged.Path).Ticks != odd)
                throw Unsupported("does not store modification times with a precision of 100 ns");
        }

        RequireLocks(staged.Path);
        staged.Append("probe"u8);
        return ValueTask.CompletedTask;
    }

    /// <summary>Throws if a staged file, which its writer has locked, can be locked again.</summary>
    private static void RequireLocks(string path)
    {
        using var other = Disk.TryOpenRead(path) ?? throw FilesystemVolume.Missing(path);
        if (Disk.TryLock(other, path))
            throw Unsupported("does not support exclusive locks (flock)");
    }

    private static StorageException Unsupported(string reason) =>
        new(
            StorageFault.Denied,
            $"The volume of the data folder {reason}: use a file system that does, such as ext4 or XFS.");
}
