using Registry.Core.Storage;

namespace Registry.Storage.Filesystem;

/// <summary>Maps blobs to files, for the store and its writers.</summary>
internal sealed class BlobFiles(FilesystemVolume volume)
{
    /// <summary>The maximum number of reads of a blob that is replaced during each of them.</summary>
    private const int MaxAttempts = 100;

    public FilesystemVolume Volume { get; } = volume;

    public FileTree FileTree { get; } = volume.Blobs;

    public string PathOf(BlobKey key) => FileTree.PathOf(key.Value);

    /// <summary>Reads the state of a blob; null when it does not exist.</summary>
    public BlobInfo? Stat(BlobKey key)
    {
        var path = PathOf(key);
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            if (Disk.TryStat(path) is not { } state)
            {
                FileTree.ThrowIfMissing();
                return null;
            }

            if (TryDescribe(key, path, state) is { } info)
                return info;
        }

        throw Unstable(path);
    }

    /// <summary>
    /// Describes a blob from the state of its file; null when the file has been replaced since, because its upload time
    /// is then lost.
    /// </summary>
    public static BlobInfo? TryDescribe(BlobKey key, string path, FileState state)
    {
        if (state.Kind != FileKind.Regular)
            throw new StorageException(StorageFault.Corrupt, $"'{path}' is not a blob file.");
        var uploaded = UploadedTimes.OfRevision(state.Ticks) ?? UploadedTimes.TryRead(path, state.Ticks);
        if (uploaded is null)
        {
            if (Disk.TryStat(path)?.Ticks != state.Ticks)
                return null;

            // The file has not been replaced and its revision has no upload time: it was restored or touched by hand.
            // Use the modification time.
            uploaded = UploadedTimes.RoundDown(state.Ticks);
        }

        return Describe(key, state.Length, uploaded.Value, state.Ticks);
    }

    /// <summary>Describes a blob from times in 100 ns since the year 1.</summary>
    public static BlobInfo Describe(BlobKey key, long length, long uploaded, long revision) => new(
        key,
        length,
        new DateTimeOffset(uploaded, TimeSpan.Zero),
        FileRevision.Of(revision));

    public static StorageException Unstable(string path) =>
        new(StorageFault.Unavailable, $"'{path}' was replaced during each of {MaxAttempts} reads.");
}
