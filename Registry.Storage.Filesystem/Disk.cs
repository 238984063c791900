using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Registry.Core.Storage;

namespace Registry.Storage.Filesystem;

/// <summary>
/// All that this backend does to a disk, one call each. What fails is a <see cref="StorageException"/> that names the
/// call and the path; absence, where it is an answer, is false or null.
/// </summary>
internal static class Disk
{
    /// <summary>
    /// rw-r--r-- and rwxr-xr-x, less the process's umask: an operator may read what the registry wrote.
    /// </summary>
    private const uint FileMode = 0b110_100_100;
    private const uint DirectoryMode = 0b111_101_101;

    /// <summary>
    /// Opens a file to read; null when there is none. A symbolic link in its place is refused, and a pipe does not
    /// block.
    /// </summary>
    public static SafeFileHandle? TryOpenRead(string path) =>
        TryOpen(path, Native.ReadOnly | Native.NoFollow | Native.NonBlocking, Errno.NoEntry);

    /// <summary>Creates a file that must not exist yet.</summary>
    public static SafeFileHandle CreateNew(string path) =>
        TryOpen(path, Native.WriteOnly | Native.Create | Native.Exclusive, accepted: 0)!;

    /// <summary>
    /// Opens a file to read and write, and creates it when it is not there; null when its directory is not there.
    /// </summary>
    public static SafeFileHandle? TryOpenOrCreate(string path) =>
        TryOpen(path, Native.ReadWrite | Native.Create | Native.NoFollow, Errno.NoEntry);

    /// <summary>Opens a file to read and write; null when there is none.</summary>
    public static SafeFileHandle? TryOpenReadWrite(string path) =>
        TryOpen(path, Native.ReadWrite | Native.NoFollow | Native.NonBlocking, Errno.NoEntry);

    /// <summary>
    /// Takes the lock of an open file, against every process on this machine; false when another has it. Closing the
    /// file frees it.
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
    /// Makes the entries of a directory durable, and tells which directory that was; null when there is none.
    /// </summary>
    public static FileIdentity? TryFlushDirectory(string path) => TryFlushDirectory(path, Flush);

    /// <summary>
    /// Makes the entries of a directory durable, and tells which directory that was; null when there is none, or when
    /// it was removed before the flush ended: flushing a removed directory makes nothing durable on some volumes.
    /// </summary>
    /// <param name="path">The directory.</param>
    /// <param name="flush">Flushes it once it is open.</param>
    public static FileIdentity? TryFlushDirectory(string path, Action<SafeFileHandle, string> flush)
    {
        using var directory = TryOpen(path, Native.ReadOnly | Native.NoFollow, Errno.NoEntry);
        if (directory is null)
            return null;
        flush(directory, path);

        // While it is open, no other directory can have its inode.
        var identity = Identify(directory, path);
        return TryIdentify(path) == identity ? identity : null;
    }

    /// <summary>
    /// Changes the entries of a directory, and leaves them as they were: the next flush writes them again. Nothing when
    /// it is gone.
    /// </summary>
    public static void TryChangeDirectory(string path)
    {
        var name = $"{path}/.{Guid.NewGuid():n}";
        using var file = TryOpenOrCreate(name);
        TryUnlink(name);
    }

    /// <summary>Sets the modification time; the access time stays.</summary>
    /// <param name="file">The file.</param>
    /// <param name="ticks">100 ns since the year 1, as <see cref="DateTime.Ticks"/>.</param>
    /// <param name="path">For the message.</param>
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
        Succeeded(Native.SetTimes(file, times), "set the time of", path);
    }

    /// <summary>What is at a path, or null for nothing. A symbolic link is not followed.</summary>
    public static FileState? TryStat(string path) =>
        Succeeded(
            Native.Stat(Native.CurrentDirectory, path, Native.SymlinkNoFollow, Native.StatMask, out var stat),
            "look at",
            path,
            Errno.NoEntry)
            ? FileState.Of(stat)
            : null;

    /// <summary>The state of an open file.</summary>
    public static FileState Stat(SafeFileHandle file, string path)
    {
        Succeeded(Native.Stat(file, "", Native.EmptyPath, Native.StatMask, out var stat), "look at", path);
        return FileState.Of(stat);
    }

    /// <summary>Whether an open file still has a name.</summary>
    public static bool HasName(SafeFileHandle file) =>
        Native.Stat(file, "", Native.EmptyPath, Native.LinksMask, out var stat) == 0 && stat.Links > 0;

    /// <summary>Which file is at a path; null for nothing.</summary>
    public static FileIdentity? TryIdentify(string path) =>
        Succeeded(
            Native.Stat(Native.CurrentDirectory, path, Native.SymlinkNoFollow, Native.IdentityMask, out var stat),
            "look at",
            path,
            Errno.NoEntry)
            ? FileIdentity.Of(stat)
            : null;

    /// <summary>Which file this is.</summary>
    public static FileIdentity Identify(SafeFileHandle file, string path)
    {
        Succeeded(Native.Stat(file, "", Native.EmptyPath, Native.IdentityMask, out var stat), "look at", path);
        return FileIdentity.Of(stat);
    }

    /// <summary>
    /// Puts a file in its place in one step, over whatever file is there; false when it, or the directory of its place,
    /// is not there.
    /// </summary>
    public static bool TryRename(
        string from, string to) => Succeeded(Native.Rename(from, to), "rename to", to, Errno.NoEntry);

    /// <summary>Removes a file; false when there was none.</summary>
    public static bool TryUnlink(string path) => Succeeded(Native.Unlink(path), "delete", path, Errno.NoEntry);

    /// <summary>A path with every symbolic link followed; null when it cannot be followed to its end.</summary>
    public static string? TryResolve(string path)
    {
        Span<byte> resolved = stackalloc byte[Native.MaxPathBytes];
        return Native.RealPath(path, resolved) == 0
            ? null
            : Encoding.UTF8.GetString(resolved[..resolved.IndexOf((byte)0)]);
    }

    /// <summary>
    /// Makes a directory whose parent exists: null when that does not, false when something of this name is there
    /// already.
    /// </summary>
    public static bool? TryMakeDirectory(string path)
    {
        if (Native.MakeDirectory(path, DirectoryMode) == 0)
            return true;
        var errno = Marshal.GetLastPInvokeError();
        return errno switch
        {
            Errno.Exists => false,
            Errno.NoEntry => null,
            _ => throw Fault("make the directory", path, errno),
        };
    }

    /// <summary>Removes a directory if it is empty. Nothing depends on it, so no refusal is worth an error.</summary>
    public static bool TryRemoveDirectory(string path) => Native.RemoveDirectory(path) == 0;

    /// <summary>
    /// Adds the names in a directory, those of directories followed by a slash, and leaves symbolic links out.
    /// </summary>
    /// <returns>False when there is no such directory.</returns>
    public static bool TryAddNames(string path, HashSet<string> names, CancellationToken cancellationToken)
    {
        var directory = Native.OpenDirectory(path);
        if (!Succeeded(directory == 0 ? -1 : 0, "list", path, Errno.NoEntry))
            return false;
        try
        {
            while (!cancellationToken.IsCancellationRequested && Native.ReadDirectory(directory) is not 0 and var entry)
                if (Marshal.PtrToStringUTF8(entry + Native.EntryNameOffset) is { } name and not ("." or ".."))
                    AddName(path, name, Marshal.ReadByte(entry, Native.EntryKindOffset), names);
            cancellationToken.ThrowIfCancellationRequested();
            return Succeeded(Marshal.GetLastPInvokeError() == 0 ? 0 : -1, "list", path);
        }
        finally
        {
            _ = Native.CloseDirectory(directory);
        }
    }

    /// <summary>Reads at an offset until the buffer is full or the file ends.</summary>
    /// <returns>How many bytes were read.</returns>
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
        catch (Exception failure) when (IsFault(failure))
        {
            throw Fault("read", path, failure);
        }
    }

    /// <summary>Writes all bytes at an offset.</summary>
    public static void Write(SafeFileHandle file, ReadOnlySpan<byte> bytes, long offset, string path)
    {
        try
        {
            RandomAccess.Write(file, bytes, offset);
        }
        catch (Exception failure) when (IsFault(failure))
        {
            throw Fault("write", path, failure);
        }
    }

    /// <summary>True for what .NET's own calls throw when the disk fails them.</summary>
    public static bool IsFault(
        Exception failure) => failure is IOException or UnauthorizedAccessException or NotSupportedException;

    /// <summary>
    /// Turns an exception of .NET into the ports' own. On Unix an IOException carries errno as its HResult.
    /// </summary>
    public static StorageException Fault(string what, string path, Exception failure)
    {
        var kind = failure switch
        {
            UnauthorizedAccessException => StorageFault.Denied,
            NotSupportedException => StorageFault.Corrupt,
            _ => Errno.FaultOf(failure.HResult),
        };
        return new StorageException(kind, $"Could not {what} '{path}': {failure.Message}", failure);
    }

    private static void AddName(string directory, string name, byte kind, HashSet<string> names)
    {
        // Few volumes do not tell; elsewhere a call for each name would be half of what a listing costs.
        if (kind == Native.EntryUnknown)
        {
            if (TryStat($"{directory}/{name}") is { Kind: not FileKind.Other } state)
                names.Add(state.Kind == FileKind.Directory ? $"{name}/" : name);
        }
        else if (kind != Native.EntryLink)
        {
            names.Add(kind == Native.EntryDirectory ? $"{name}/" : name);
        }
    }

    private static SafeFileHandle? TryOpen(string path, int flags, int accepted)
    {
        int descriptor;
        do
            descriptor = Native.Open(path, flags | Native.CloseOnExec, FileMode);
        while (descriptor < 0 && Marshal.GetLastPInvokeError() == Errno.Interrupted);
        return Succeeded(descriptor, "open", path, accepted) ? new SafeFileHandle(descriptor, ownsHandle: true) : null;
    }

    /// <summary>False for the one errno that is an answer, an exception for every other.</summary>
    private static bool Succeeded(int result, string what, string path, int accepted = 0)
    {
        if (result >= 0)
            return true;
        var errno = Marshal.GetLastPInvokeError();
        return errno == accepted ? false : throw Fault(what, path, errno);
    }

    private static StorageException Fault(string what, string path, int errno) =>
        new(Errno.FaultOf(errno), $"Could not {what} '{path}': {Marshal.GetPInvokeErrorMessage(errno)}.");
}
