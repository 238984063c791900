using System.Globalization;
using Registry.Core.Storage;

namespace Registry.Storage.Filesystem;

/// <summary>What blobs look like on the volume, for the store and its writers.</summary>
internal sealed class BlobFiles(FilesystemVolume volume)
{
    /// <summary>A blob that is replaced again and again while it is looked at is looked at this often.</summary>
    private const int MaxAttempts = 100;

    public FilesystemVolume Volume { get; } = volume;

    public FileTree FileTree { get; } = volume.Blobs;

    public string PathOf(BlobKey key) => FileTree.PathOf(key.Value);

    /// <summary>What is at the place of a blob; null for nothing.</summary>
    public BlobInfo? Stat(BlobKey key)
    {
        var path = PathOf(key);
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            if (Disk.TryStat(path) is not { } state)
            {
                FileTree.DemandPresent();
                return null;
            }

            if (TryDescribe(key, path, state) is { } info)
                return info;
        }

        throw Unstable(path);
    }

    /// <summary>
    /// Describes a blob by the state of its file; null when it has been replaced since, and what belonged to this state
    /// is gone with it.
    /// </summary>
    public static BlobInfo? TryDescribe(BlobKey key, string path, FileState state)
    {
        if (state.Kind != FileKind.Regular)
            throw new StorageException(StorageFault.Corrupt, $"'{path}' is no blob of ours.");
        var uploaded = UploadedTimes.Down(state.Ticks);
        if (UploadedTimes.IsApart(state.Ticks))
        {
            if (UploadedTimes.TryRead(path, state.Ticks) is { } apart)
                uploaded = apart;
            else if (Disk.TryStat(path)?.Ticks != state.Ticks)
                return null;

            // Still the same, and no line names it: a file that was restored or touched by hand. Its modification time
            // is all there is.
        }

        return Describe(key, state.Length, uploaded, state.Ticks);
    }

    /// <summary>Put together from 100 ns since the year 1.</summary>
    public static BlobInfo Describe(BlobKey key, long length, long uploaded, long revision) => new(
        key,
        length,
        new DateTimeOffset(uploaded, TimeSpan.Zero),
        RevisionOf(revision));

    public static Revision RevisionOf(long ticks) => new(ticks.ToString(CultureInfo.InvariantCulture));

    /// <summary>The modification time that <see cref="RevisionOf"/> made a revision of.</summary>
    public static long TicksOf(Revision revision) => long.Parse(revision.Value, CultureInfo.InvariantCulture);

    public static StorageException Unstable(string path) =>
        new(StorageFault.Unavailable, $"'{path}' was replaced each of the {MaxAttempts} times that it was looked at.");
}
