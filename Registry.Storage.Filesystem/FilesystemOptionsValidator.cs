using System.Runtime.InteropServices;
using Microsoft.Extensions.Options;

namespace Registry.Storage.Filesystem;

/// <summary>
/// Validates that the folder can hold the data. Errors name the setting. Never changes the disk.
/// </summary>
internal sealed class FilesystemOptionsValidator : IValidateOptions<FilesystemOptions>
{
    private const string Setting = "FILESYSTEM__PATH";

    public ValidateOptionsResult Validate(string? name, FilesystemOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (!OperatingSystem.IsLinux() || !Environment.Is64BitProcess)
            return ValidateOptionsResult.Fail(
                "The filesystem backend needs 64-bit Linux: it relies on Linux locks, renames and flushes.");
        if (string.IsNullOrWhiteSpace(options.Path))
            return ValidateOptionsResult.Fail($"{Setting} is empty: name the folder that holds the data.");
        if (options.Path.Contains('\0'))
            return ValidateOptionsResult.Fail($"{Setting} is not a path: it contains a null character.");

        string path;
        try
        {
            path = DataFolder.FullPath(options.Path);
        }
        catch (IOException)
        {
            return ValidateOptionsResult.Fail(
                $"{Setting} is '{options.Path}', but the working directory does not exist any more; expected an "
                    + "absolute path.");
        }

        // A missing folder is created later, so the nearest existing folder above it must be writable.
        var existing = path;
        while (!Directory.Exists(existing) && Path.GetDirectoryName(existing) is { } parent)
        {
            if (ObstacleAt(existing) is { } obstacle)
                return Fail(path, $"{(existing == path ? "which" : $"but '{existing}'")} {obstacle}.");
            existing = parent;
        }

        var mustExist = options.ReadOnly || !options.Create;
        if (mustExist && existing != path)
            return Fail(path, $"which does not exist.{HintOf(options)}");
        if (Native.Access(existing, options.ReadOnly ? Native.MayReadAndEnter : Native.MayWriteAndEnter) != 0)
        {
            var reason = Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError());
            return Fail(path, $"but '{existing}' cannot be {(options.ReadOnly ? "read" : "written to")}: {reason}.");
        }

        // Also if a registry may be created: without its documents, the collection would delete every blob.
        if (DataFolder.LacksDocuments(path))
            return Fail(
                path,
                $"which lacks the folder '{DataFolder.Documents}', but '{DataFolder.Blobs}' has content: restore "
                    + $"'{DataFolder.Documents}' from the backup.");

        const string Lacking = $"it lacks the folders '{DataFolder.Documents}' and '{DataFolder.Blobs}'";
        return mustExist && !DataFolder.HoldsRegistry(path)
            ? Fail(path, $"which holds no registry: {Lacking}.{HintOf(options)}")
            : ValidateOptionsResult.Success;
    }

    private static ValidateOptionsResult Fail(string path, string reason) =>
        ValidateOptionsResult.Fail($"{Setting} is '{path}', {reason}");

    /// <summary>Describes what exists at the path in place of a folder; null for nothing.</summary>
    private static string? ObstacleAt(string path) =>
        new FileInfo(path).LinkTarget is { } target ? $"is a symbolic link to '{target}' that leads to no folder"
        : File.Exists(path) ? "is a file, not a folder"
        : null;

    /// <summary>Explains why the folder is not created, unless the command makes that obvious.</summary>
    private static string HintOf(FilesystemOptions options) =>
        options.ReadOnly ? "" : " FILESYSTEM__CREATE=false forbids creating it: is its volume mounted?";
}
