namespace Registry.Storage.Filesystem;

/// <summary>The state of a file or directory.</summary>
/// <param name="Kind">The kind; a symbolic link is not followed.</param>
/// <param name="Length">The length in bytes.</param>
/// <param name="Ticks">
/// The modification time in 100 ns since the year 1, UTC: the revision of a document or blob.
/// </param>
internal readonly record struct FileState(FileKind Kind, long Length, long Ticks)
{
    private const ushort TypeMask = 0xF000;
    private const ushort RegularType = 0x8000;
    private const ushort DirectoryType = 0x4000;
    private const ushort LinkType = 0xA000;

    public static FileState Of(in Native.StatX stat) => new(
        (stat.Mode & TypeMask) switch
        {
            RegularType => FileKind.Regular,
            DirectoryType => FileKind.Directory,
            LinkType => FileKind.Link,
            _ => FileKind.Other,
        },
        (long)stat.Size,
        DateTime.UnixEpoch.Ticks + (stat.ModifiedSeconds * TimeSpan.TicksPerSecond)
            + (stat.ModifiedNanoseconds / TimeSpan.NanosecondsPerTick));
}

/// <summary>
/// The identity of a file, independent of its name: unique among existing files, and almost never equal to that of a
/// file that replaces it.
/// </summary>
internal readonly record struct FileIdentity(
    uint DeviceMajor, uint DeviceMinor, ulong Inode, long BornSeconds, uint BornNanoseconds)
{
    public static FileIdentity Of(in Native.StatX stat) =>
        new(stat.DeviceMajor, stat.DeviceMinor, stat.Inode, stat.BornSeconds, stat.BornNanoseconds);
}

/// <summary>The kind of an entry of a directory.</summary>
internal enum FileKind
{
    Regular,
    Directory,
    Link,
    Other,
}
