using Registry.Core.Storage;

namespace Registry.Storage.Filesystem;

/// <summary>The error numbers of Linux that mean something here, and what each means to the ports.</summary>
internal static class Errno
{
    public const int NotPermitted = 1;
    public const int NoEntry = 2;
    public const int Interrupted = 4;
    public const int WouldBlock = 11;
    public const int AccessDenied = 13;
    public const int Exists = 17;
    public const int NotDirectory = 20;
    public const int IsDirectory = 21;
    public const int NoSpace = 28;
    public const int ReadOnlyVolume = 30;
    public const int NotEmpty = 39;
    public const int SymlinkMet = 40;
    public const int QuotaExceeded = 122;

    /// <summary>
    /// A directory where a file should be, a file on the way to one, or a symbolic link is a tree that somebody else
    /// has changed: damaged. What is not known here may pass: unavailable.
    /// </summary>
    public static StorageFault FaultOf(int errno) => errno switch
    {
        NoSpace or QuotaExceeded => StorageFault.Full,
        NotPermitted or AccessDenied or ReadOnlyVolume => StorageFault.Denied,
        NotDirectory or IsDirectory or SymlinkMet => StorageFault.Corrupt,
        _ => StorageFault.Unavailable,
    };
}
