using Registry.Core.Storage;

namespace Registry.Storage.Filesystem;

/// <summary>The Linux error numbers that this backend handles, and the storage faults that they map to.</summary>
internal static class Errno
{
    public const int NotPermitted = 1;
    public const int NoEntry = 2;
    public const int Interrupted = 4;
    public const int WouldBlock = 11;
    public const int AccessDenied = 13;
    public const int Exists = 17;
    public const int CrossDevice = 18;
    public const int NotDirectory = 20;
    public const int IsDirectory = 21;
    public const int Invalid = 22;
    public const int NoSpace = 28;
    public const int ReadOnlyVolume = 30;
    public const int NotImplemented = 38;
    public const int SymlinkMet = 40;
    public const int NotSupported = 95;
    public const int QuotaExceeded = 122;

    /// <summary>
    /// Returns the storage fault of an error number. A directory in place of a file, a file in place of a directory, or
    /// a symbolic link means that somebody else changed the tree: corrupt. An unknown error may pass: unavailable.
    /// </summary>
    public static StorageFault FaultOf(int errno) => errno switch
    {
        NoSpace or QuotaExceeded => StorageFault.Full,
        NotPermitted or AccessDenied or ReadOnlyVolume => StorageFault.Denied,
        NotDirectory or IsDirectory or SymlinkMet => StorageFault.Corrupt,
        _ => StorageFault.Unavailable,
    };
}
