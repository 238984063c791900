namespace Registry.Storage.Filesystem;

/// <summary>What the volume knows of one name.</summary>
/// <param name="Kind">What it is; a symbolic link is <see cref="FileKind.Other"/>.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Ticks">Modification time in 100 ns since the year 1, UTC: the revision of a document or blob.</param>
internal readonly record struct FileState(FileKind Kind, long Length, long Ticks)
{
    private const ushort TypeMask = 0xF000;
    private const ushort RegularType = 0x8000;
    private const ushort DirectoryType = 0x4000;

    public static FileState Of(in Native.StatX stat) => new(
        (stat.Mode & TypeMask) switch
        {
            RegularType => FileKind.Regular,
            DirectoryType => FileKind.Directory,
            _ => FileKind.Other,
        },
        (long)stat.Size,
        DateTime.UnixEpoch.Ticks + (stat.ModifiedSeconds * TimeSpan.TicksPerSecond)
            + (stat.ModifiedNanoseconds / TimeSpan.NanosecondsPerTick));
}

/// <summary>
/// Which file something is, whatever its name: no two that exist at once are equal, and one that comes in the place of
/// another hardly ever is.
/// </summary>
internal readonly record struct FileIdentity(
    uint DeviceMajor, uint DeviceMinor, ulong Inode, long BornSeconds, uint BornNanoseconds)
{
    public static FileIdentity Of(in Native.StatX stat) =>
        new(stat.DeviceMajor, stat.DeviceMinor, stat.Inode, stat.BornSeconds, stat.BornNanoseconds);
}

/// <summary>What a name of the volume stands for.</summary>
internal enum FileKind
{
    Regular,
    Directory,
    Other,
}
