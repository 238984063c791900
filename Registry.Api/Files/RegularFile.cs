using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Registry.Api.Files;

/// <summary>
/// Distinguishes regular files from everything else that a path may name. Opening a named pipe or a terminal may block
/// forever.
/// </summary>
internal static class RegularFile
{
    /// <summary>How long to wait for the volume. A network volume may block forever while its server is down.</summary>
    private static readonly TimeSpan MaxTime = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Returns why a path does not name a regular file, worded to follow the path. Null for a regular file or a link to
    /// one. Null also if the path does not exist or is inaccessible: opening it then reports the reason.
    /// </summary>
    public static string? ProblemOf(string path)
    {
        var reading = Task.Run(() => TypeOf(path));
        if (!reading.Wait(MaxTime))
            return $"it did not respond within {MaxTime.TotalSeconds} s";
        var kind = reading.GetAwaiter().GetResult() switch
        {
            null or Native.Regular => null,
            Native.Directory => "a directory",
            Native.Pipe => "a named pipe",
            Native.Socket => "a socket",
            _ => "a device",
        };
        return kind is null ? null : $"it is {kind}; expected a regular file";
    }

    private static int? TypeOf(string path)
    {
        var status = new byte[Native.StatusBytes];
        return Native.ReadStatus(Native.CurrentDirectory, path, flags: 0, Native.TypeMask, status) == 0
            ? BinaryPrimitives.ReadUInt16LittleEndian(status.AsSpan(Native.ModeOffset)) & Native.TypeBits
            : null;
    }

    /// <summary>.NET does not tell the type of a file. Constants and layouts are those of 64-bit Linux.</summary>
    private static class Native
    {
        public const int CurrentDirectory = -100;
        public const uint TypeMask = 1;

        /// <summary>The size of struct statx, and the offset of stx_mode in it.</summary>
        public const int StatusBytes = 256;
        public const int ModeOffset = 28;

        public const int TypeBits = 0xF000;
        public const int Pipe = 0x1000;
        public const int Directory = 0x4000;
        public const int Regular = 0x8000;
        public const int Socket = 0xC000;

        [DllImport("libc", EntryPoint = "statx")]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        public static extern int ReadStatus(
            int directory, [MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags, uint mask, byte[] status);
    }
}
