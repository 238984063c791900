using System.Runtime.InteropServices;

namespace Registry.Storage.Filesystem;

/// <summary>
/// The functions of the C library that .NET does not have, or whose counterparts hide the error. On failure they return
/// -1, and <see cref="Marshal.GetLastPInvokeError"/> returns errno. Constants and layouts are those of the kernel
/// headers of 64-bit Linux.
/// </summary>
internal static partial class Native
{
    public const int ReadOnly = 0x0;
    public const int WriteOnly = 0x1;
    public const int ReadWrite = 0x2;
    public const int Create = 0x40;
    public const int Exclusive = 0x80;
    public const int NonBlocking = 0x800;
    public const int CloseOnExec = 0x80000;

    public const int LockExclusive = 2;
    public const int LockNonBlocking = 4;

    public const int CurrentDirectory = -100;
    public const int SymlinkNoFollow = 0x100;
    public const int EmptyPath = 0x1000;

    /// <summary>Type, mode, modification time and size.</summary>
    public const uint StatMask = 0x1 | 0x2 | 0x40 | 0x200;

    /// <summary>The number of hard links.</summary>
    public const uint LinksMask = 0x4;

    /// <summary>The user id of the owner.</summary>
    public const uint OwnerMask = 0x8;

    /// <summary>The inode and, if the volume records it, the creation time.</summary>
    public const uint IdentityMask = 0x100 | 0x800;

    /// <summary>In the nanoseconds of a <see cref="TimeSpec"/>: leaves this time unchanged.</summary>
    public const long OmitTime = (1L << 30) - 2;

    /// <summary>For access(2): write and search permission.</summary>
    public const int MayWriteAndEnter = 2 | 1;

    /// <summary>For access(2): read and search permission.</summary>
    public const int MayReadAndEnter = 4 | 1;

    /// <summary>The maximum length of a path (PATH_MAX), including the terminating zero.</summary>
    public const int MaxPathBytes = 4096;

    /// <summary>The offsets of d_type and of the zero-terminated d_name in struct dirent.</summary>
    public const int EntryKindOffset = 18;
    public const int EntryNameOffset = 19;

    /// <summary>Values of d_type. The first is that of volumes that do not report the type.</summary>
    public const byte EntryUnknown = 0;
    public const byte EntryDirectory = 4;
    public const byte EntryLink = 10;

    /// <summary>O_NOFOLLOW: the only flag here whose value depends on the processor.</summary>
    public static int NoFollow =>
        RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm ? 0x8000 : 0x20000;

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Open(string path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    public static partial int FLock(SafeHandle file, int operation);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    public static partial int FSync(SafeHandle file);

    [LibraryImport("libc", EntryPoint = "futimens", SetLastError = true)]
    public static partial int SetTimes(SafeHandle file, ReadOnlySpan<TimeSpec> accessAndModification);

    [LibraryImport("libc", EntryPoint = "copy_file_range", SetLastError = true)]
    public static partial nint CopyFileRange(
        SafeHandle source, ref long sourceOffset, SafeHandle target, ref long targetOffset, nint count, uint flags);

    [LibraryImport("libc", EntryPoint = "rename", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Rename(string from, string to);

    [LibraryImport("libc", EntryPoint = "unlink", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Unlink(string path);

    [LibraryImport("libc", EntryPoint = "mkdir", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int MakeDirectory(string path, uint mode);

    [LibraryImport("libc", EntryPoint = "rmdir", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int RemoveDirectory(string path);

    [LibraryImport("libc", EntryPoint = "opendir", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint OpenDirectory(string path);

    /// <summary>Returns the next entry; zero at the end, or on failure with errno set.</summary>
    [LibraryImport("libc", EntryPoint = "readdir", SetLastError = true)]
    public static partial nint ReadDirectory(nint directory);

    [LibraryImport("libc", EntryPoint = "closedir", SetLastError = true)]
    public static partial int CloseDirectory(nint directory);

    [LibraryImport("libc", EntryPoint = "access", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Access(string path, int mode);

    /// <summary>Resolves all symbolic links of a path; returns zero on failure.</summary>
    /// <param name="path">The path.</param>
    /// <param name="resolved">
    /// Receives the resolved path, terminated by a zero; its length must be <see cref="MaxPathBytes"/>.
    /// </param>
    [LibraryImport("libc", EntryPoint = "realpath", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint RealPath(string path, Span<byte> resolved);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Stat(int directory, string path, int flags, uint mask, out StatX result);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Stat(SafeHandle file, string path, int flags, uint mask, out StatX result);

    /// <summary>struct timespec.</summary>
    public struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }

    /// <summary>struct statx: unlike struct stat, its layout is the same on every processor.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    public struct StatX
    {
        [FieldOffset(16)]
        public uint Links;

        [FieldOffset(20)]
        public uint Owner;

        [FieldOffset(28)]
        public ushort Mode;

        [FieldOffset(32)]
        public ulong Inode;

        [FieldOffset(40)]
        public ulong Size;

        [FieldOffset(80)]
        public long BornSeconds;

        [FieldOffset(88)]
        public uint BornNanoseconds;

        [FieldOffset(112)]
        public long ModifiedSeconds;

        [FieldOffset(120)]
        public uint ModifiedNanoseconds;

        [FieldOffset(136)]
        public uint DeviceMajor;

        [FieldOffset(140)]
        public uint DeviceMinor;
    }
}
