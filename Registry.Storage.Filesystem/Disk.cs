using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Registry.Core.Storage;

namespace Registry.Storage.Filesystem;

/// <summary>
/// The disk operations of this backend. A failure is a <see cref="StorageException"/> that names the operation and the
/// path; an expected absence is false or null.
/// </summary>
internal static class Disk
{
    /// <summary>
    /// rw-r--r-- and rwxr-xr-x, reduced by the umask of the process: operators may read what the registry writes.
    /// </summary>
    private const uint FileMode = 0b110_100_100;
    private const uint DirectoryMode = 0b111_101_101;

    /// <summary>The buffer of a copy through memory, in bytes.</summary>
    private const int CopyBytes = 128 * 1024;

    /// <summary>
    /// Opens a file for reading; null when it does not exist. A symbolic link is an error, and a pipe does not block.
    /// </summary>
    public static SafeFileHandle? TryOpenRead(string path) =>
        TryOpen(path, Native.ReadOnly | Native.NoFollow | Native.NonBlocking, Errno.NoEntry);

    /// <summary>Creates a file that must not exist yet; null when its directory does not exist.</summary>
    public static SafeFileHandle? TryCreateNew(string path) =>
        TryOpen(path, Native.WriteOnly | Native.Create | Native.Exclusive, Errno.NoEntry);

    /// <summary>
    /// Opens a file for reading and writing, and creates it if it does not exist; null when its directory does not
    /// exist.
    /// </summary>
    public static SafeFileHandle? TryOpenOrCreate(string path) =>
        TryOpen(path, Native.ReadWrite | Native.Create | Native.NoFollow, Errno.NoEntry);

    /// <summary>Opens a file for reading and writing; null when it does not exist.</summary>
    public static SafeFileHandle? TryOpenReadWrite(string path) =>
        TryOpen(path, Native.ReadWrite | Native.NoFollow | Native.NonBlocking, Errno.NoEntry);

    /// <summary>
    /// Locks an open file against all processes on this machine; false when it is locked already. Closing the file
    /// releases the lock.
    /// </summary>
    public static bool TryLock(SafeFileHandle file, string path) =>
        Succeeded(Native.FLock(file, Native.LockExclusive | Native.LockNonBlocking), "lock", path, Errno.WouldBlock);

    /// <summary>Makes the content and times of an open file durable.</summary>
    public static void Flush(SafeFileHandle file, string path)
    {
        int result;
        do
            result = Native.FSync(file);
        while (result < 0 && Marshal.GetLastPInvokeError() == Errno.Interrupted);
        Succeeded(result, "flush", path);
    }

    /// <summary>
    /// Makes the entries of a directory durable, and returns its identity; null when it does not exist.
    /// </summary>
    public static FileIdentity? TryFlushDirectory(string path) => TryFlushDirectory(path, Flush);

    /// <summary>
    /// Makes the entries of a directory durable, and returns its identity; null when it does not exist, or was removed
    /// before the flush ended: on some volumes, flushing a removed directory makes nothing durable.
    /// </summary>
    /// <param name="path">The directory.</param>
    /// <param name="flush">Flushes the open directory.</param>
    public static FileIdentity? TryFlushDirectory(string path, Action<SafeFileHandle, string> flush)
    {
        using var directory = TryOpen(path, Native.ReadOnly | Native.NoFollow, Errno.NoEntry);
        if (directory is null)
            return null;
        flush(directory, path);

        // No other directory can have its inode while it is open.
        var identity = Identify(directory, path);
        return TryIdentify(path) == identity ? identity : null;
    }

    /// <summary>
    /// Changes the entries of a directory and changes them back, so that the next flush writes them again. Does nothing
    /// when the directory does not exist.
    /// </summary>
    public static void TryTouchDirectory(string path)
    {
        var name = $"{path}/.{Guid.NewGuid():n}";
        using var file = TryOpenOrCreate(name);
        TryUnlink(name);
    }

    /// <summary>Sets the modification time, and leaves the access time unchanged.</summary>
    /// <param name="file">The file.</param>
    /// <param name="ticks">The time in 100 ns since the year 1, as <see cref="DateTime.Ticks"/>.</param>
    /// <param name="path">The path, for error messages.</param>
    public static void SetModified(SafeFileHandle file, long ticks, string path)
    {
        var (seconds, rest) = Math.DivRem(ticks - DateTime.UnixEpoch.Ticks, TimeSpan.TicksPerSecond);
        if (rest < 0)
            (seconds, rest) = (seconds - 1, rest + TimeSpan.TicksPerSecond);
        ReadOnlySpan<Native.TimeSpec> times =
        [
            new() { Nanoseconds = Native.OmitTime },
            new() { Seconds = seconds, Nanoseconds = rest * TimeSpan.NanosecondsPerTick },
        ];
        Succeeded(Native.SetTimes(file, times), "set the modification time of", path);
    }

    /// <summary>Returns the state of a path; null when it does not exist. Does not follow symbolic links.</summary>
    public static FileState? TryStat(string path) =>
        TryStat(path, Native.StatMask, out var stat) ? FileState.Of(stat) : null;

    /// <summary>Returns the state of an open file.</summary>
    public static FileState Stat(SafeFileHandle file, string path)
    {
        Succeeded(Native.Stat(file, "", Native.EmptyPath, Native.StatMask, out var stat), "stat", path);
        return FileState.Of(stat);
    }

    /// <summary>Whether an open file still has a name.</summary>
    public static bool HasName(SafeFileHandle file) =>
        Native.Stat(file, "", Native.EmptyPath, Native.LinksMask, out var stat) == 0 && stat.Links > 0;

    /// <summary>Returns the user id of the owner of a path; null when it does not exist.</summary>
    public static uint? TryFindOwner(string path) =>
        TryStat(path, Native.OwnerMask, out var stat) ? stat.Owner : null;

    /// <summary>Returns the identity of the file at a path; null when it does not exist.</summary>
    public static FileIdentity? TryIdentify(string path) =>
        TryStat(path, Native.IdentityMask, out var stat) ? FileIdentity.Of(stat) : null;

    /// <summary>Returns the identity of an open file.</summary>
    public static FileIdentity Identify(SafeFileHandle file, string path)
    {
        Succeeded(Native.Stat(file, "", Native.EmptyPath, Native.IdentityMask, out var stat), "stat", path);
        return FileIdentity.Of(stat);
    }

    /// <summary>
    /// Renames a file atomically, and replaces an existing one; false when the file or the target directory does not
    /// exist.
    /// </summary>
    public static bool TryRename(string from, string to) =>
        Succeeded(Native.Rename(from, to), "rename to", to, Errno.NoEntry);

    /// <summary>Deletes a file; false when it does not exist.</summary>
    public static bool TryUnlink(string path) => Succeeded(Native.Unlink(path), "delete", path, Errno.NoEntry);

    /// <summary>Resolves all symbolic links of a path; null when it does not lead to a file or directory.</summary>
    public static string? TryResolve(string path)
    {
        Span<byte> resolved = stackalloc byte[Native.MaxPathBytes];
        return Native.RealPath(path, resolved) == 0
            ? null
            : Encoding.UTF8.GetString(resolved[..resolved.IndexOf((byte)0)]);
    }

    /// <summary>
    /// Creates a directory; false when the name exists already, null when the parent does not exist.
    /// </summary>
    public static bool? TryCreateDirectory(string path)
    {
        if (Native.MakeDirectory(path, DirectoryMode) == 0)
            return true;
        var errno = Marshal.GetLastPInvokeError();
        return errno switch
        {
            Errno.Exists => false,
            Errno.NoEntry => null,
            _ => throw Fault("create the directory", path, errno),
        };
    }

    /// <summary>
    /// Removes a directory if it is empty; false on any failure, because nothing depends on the removal.
    /// </summary>
    public static bool TryRemoveDirectory(string path) => Native.RemoveDirectory(path) == 0;

    /// <summary>
    /// Adds the names in a directory. Names of directories end with a slash; symbolic links are skipped or, if
    /// <paramref name="rejectsLinks"/>, an error.
    /// </summary>
    /// <returns>False when the directory does not exist.</returns>
    public static bool TryAddNames(
        string path, HashSet<string> names, bool rejectsLinks, CancellationToken cancellationToken)
    {
        var directory = Native.OpenDirectory(path);
        if (!Succeeded(directory == 0 ? -1 : 0, "list", path, Errno.NoEntry))
            return false;
        try
        {
            while (!cancellationToken.IsCancellationRequested && Native.ReadDirectory(directory) is not 0 and var entry)
                if (Marshal.PtrToStringUTF8(entry + Native.EntryNameOffset) is { } name and not ("." or ".."))
                    AddName(path, name, Marshal.ReadByte(entry, Native.EntryKindOffset), names, rejectsLinks);
            cancellationToken.ThrowIfCancellationRequested();
            return Succeeded(Marshal.GetLastPInvokeError() == 0 ? 0 : -1, "list", path);
        }
        finally
        {
            _ = Native.CloseDirectory(directory);
        }
    }

    /// <summary>Reads at an offset until the buffer is full or the file ends.</summary>
    /// <returns>The number of bytes read.</returns>
    public static int Read(SafeFileHandle file, Span<byte> buffer, long offset, string path)
    {
        try
        {
            var total = 0;
            while (total < buffer.Length
                && RandomAccess.Read(file, buffer[total..], offset + total) is > 0 and var read)
                total += read;
            return total;
        }
        catch (Exception exception) when (IsFault(exception))
        {
            throw Fault("read", path, exception);
        }
    }

    /// <summary>Writes all bytes at an offset.</summary>
    public static void Write(SafeFileHandle file, ReadOnlySpan<byte> bytes, long offset, string path)
    {
        try
        {
            RandomAccess.Write(file, bytes, offset);
        }
        catch (Exception exception) when (IsFault(exception))
        {
            throw Fault("write", path, exception);
        }
    }

    /// <summary>
    /// Copies bytes between two files of the volume. Where the volume can, the files then share the blocks.
    /// </summary>
    /// <param name="source">The file to read.</param>
    /// <param name="target">The file to write.</param>
    /// <param name="offset">The offset in both files.</param>
    /// <param name="count">The number of bytes.</param>
    /// <param name="path">The path of the target, for error messages.</param>
    /// <returns>The number of bytes copied: fewer when the source ends before.</returns>
    public static long Copy(SafeFileHandle source, SafeFileHandle target, long offset, long count, string path)
    {
        var copied = 0L;
        while (copied < count)
        {
            var (from, to) = (offset + copied, offset + copied);
            var moved = Native.CopyFileRange(source, ref from, target, ref to, (nint)(count - copied), flags: 0);
            if (moved == 0)
                break;
            if (moved > 0)
                copied += moved;
            else if (!CanRepeat(Marshal.GetLastPInvokeError()))
                return copied + CopyThroughMemory(source, target, offset + copied, count - copied, path);
        }

        return copied;

        // A volume or kernel without this call copies through memory.
        bool CanRepeat(int errno) => errno switch
        {
            Errno.Interrupted => true,
            Errno.CrossDevice or Errno.Invalid or Errno.NotImplemented or Errno.NotSupported => false,
            _ => throw Fault("copy to", path, errno),
        };
    }

    /// <summary>
    /// Whether an exception is one that .NET throws when a disk operation fails. It is an
    /// <see cref="ArgumentOutOfRangeException"/> for a file above the limit of the volume.
    /// </summary>
    public static bool IsFault(Exception failure) =>
        failure is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentOutOfRangeException;

    /// <summary>
    /// Converts an exception of .NET. On Unix the HResult of an IOException is the errno.
    /// </summary>
    public static StorageException Fault(string operation, string path, Exception failure)
    {
        var kind = failure switch
        {
            UnauthorizedAccessException => StorageFault.Denied,
            NotSupportedException => StorageFault.Corrupt,
            ArgumentOutOfRangeException => StorageFault.Full,
            _ => Errno.FaultOf(failure.HResult),
        };
        return new StorageException(kind, $"Could not {operation} '{path}': {failure.Message}", failure);
    }

    private static long CopyThroughMemory(
        SafeFileHandle source, SafeFileHandle target, long offset, long count, string path)
    {
        var copied = 0L;
        var buffer = ArrayPool<byte>.Shared.Rent((int)Math.Min(count, CopyBytes));
        try
        {
            while (copied < count)
            {
                var wanted = (int)Math.Min(buffer.Length, count - copied);
                var read = Read(source, buffer.AsSpan(0, wanted), offset + copied, path);
                Write(target, buffer.AsSpan(0, read), offset + copied, path);
                copied += read;
                if (read < wanted)
                    break;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return copied;
    }

    private static void AddName(
        string directory, string name, byte entryKind, HashSet<string> names, bool rejectsLinks)
    {
        FileKind? kind = entryKind switch
        {
            // A few volumes do not report the kind. On all others, a stat call for each name would double the cost.
            Native.EntryUnknown => TryStat($"{directory}/{name}")?.Kind,
            Native.EntryDirectory => FileKind.Directory,
            Native.EntryLink => FileKind.Link,
            _ => FileKind.Regular,
        };
        switch (kind)
        {
            case FileKind.Directory:
                names.Add($"{name}/");
                break;
            case FileKind.Regular:
                names.Add(name);
                break;
            case FileKind.Link when rejectsLinks:
                throw new StorageException(
                    StorageFault.Corrupt,
                    $"'{directory}/{name}' is a symbolic link, so its content would be omitted. Replace it with the "
                        + "file or folder that it leads to.");
        }
    }

    /// <summary>Does not follow symbolic links; false when the path does not exist.</summary>
    private static bool TryStat(string path, uint mask, out Native.StatX stat) => Succeeded(
        Native.Stat(Native.CurrentDirectory, path, Native.SymlinkNoFollow, mask, out stat),
        "stat",
        path,
        Errno.NoEntry);

    private static SafeFileHandle? TryOpen(string path, int flags, int accepted)
    {
        int descriptor;
        do
            descriptor = Native.Open(path, flags | Native.CloseOnExec, FileMode);
        while (descriptor < 0 && Marshal.GetLastPInvokeError() == Errno.Interrupted);
        return Succeeded(descriptor, "open", path, accepted) ? new SafeFileHandle(descriptor, ownsHandle: true) : null;
    }

    /// <summary>Returns false for the one accepted errno, and throws for every other.</summary>
    private static bool Succeeded(int result, string operation, string path, int accepted = 0)
    {
        if (result >= 0)
            return true;
        var errno = Marshal.GetLastPInvokeError();
        return errno == accepted ? false : throw Fault(operation, path, errno);
    }

    private static StorageException Fault(string operation, string path, int errno) =>
        new(Errno.FaultOf(errno), $"Could not {operation} '{path}': {Marshal.GetPInvokeErrorMessage(errno)}.");
}
