using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Registry.Bench.Baseline;

/// <summary>Writes files that survive a power cut, with the minimum of system calls.</summary>
internal static class Durable
{
    /// <summary>Stages the file, flushes it, renames it into its folder, and flushes the folder.</summary>
    public static void Write(string root, string folder, string name, ReadOnlySpan<byte> bytes)
    {
        using var file = Stage(root, out var staged);
        RandomAccess.Write(file, bytes, fileOffset: 0);
        Place(file, staged, root, folder, name);
    }

    /// <summary>Opens a staged file for writing.</summary>
    public static SafeFileHandle Stage(string root, out string staged)
    {
        staged =
            Path.Combine(Directory.CreateDirectory(Path.Combine(root, "staging")).FullName, Path.GetRandomFileName());
        return File.OpenHandle(staged, FileMode.CreateNew, FileAccess.Write);
    }

    /// <summary>Flushes the file, renames it into its folder, and flushes the folder.</summary>
    public static void Place(SafeFileHandle file, string staged, string root, string folder, string name)
    {
        var target = Directory.CreateDirectory(Path.Combine(root, folder)).FullName;
        RandomAccess.FlushToDisk(file);
        Check(Rename(staged, Path.Combine(target, name)));
        var handle = Check(Open(target, flags: 0));
        Check(Flush(handle));
        Check(Close(handle));
    }

    private static int Check(
        int result) => result >= 0 ? result : throw new IOException(Marshal.GetLastPInvokeErrorMessage());

    [DllImport(
        "libc",
        EntryPoint = "rename",
        SetLastError = true,
        CharSet = CharSet.Ansi,
        BestFitMapping = false,
        ThrowOnUnmappableChar = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Rename(string from, string to);

    [DllImport(
        "libc",
        EntryPoint = "open",
        SetLastError = true,
        CharSet = CharSet.Ansi,
        BestFitMapping = false,
        ThrowOnUnmappableChar = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Open(string path, int flags);

    [DllImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Flush(int handle);

    [DllImport("libc", EntryPoint = "close", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Close(int handle);
}
