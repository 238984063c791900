using System.Runtime.InteropServices;
using Microsoft.Extensions.Options;

namespace Registry.Storage.Filesystem;

/// <summary>Refuses a folder that cannot hold the data, in words that name the setting. It changes nothing on the disk.</summary>
internal sealed class FilesystemOptionsValidator : IValidateOptions<FilesystemOptions>
{
    private const string Setting = "FILESYSTEM__PATH";

    public ValidateOptionsResult Validate(string? name, FilesystemOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (!OperatingSystem.IsLinux() || !Environment.Is64BitProcess)
            return ValidateOptionsResult.Fail("The filesystem backend needs 64-bit Linux: it relies on its locks, renames and flushes.");
        if (string.IsNullOrWhiteSpace(options.Path))
            return ValidateOptionsResult.Fail($"{Setting} is empty: name the folder that holds the data.");
        if (options.Path.Contains('\0'))
            return ValidateOptionsResult.Fail($"{Setting} is no path.");

        string path;
        try
        {
            path = Path.GetFullPath(options.Path);
        }
        catch (IOException)
        {
            return ValidateOptionsResult.Fail($"{Setting} is '{options.Path}', but the working directory does not exist any more; expected an absolute path.");
        }

        if (File.Exists(path))
            return ValidateOptionsResult.Fail($"{Setting} is '{path}', which is a file, not a folder.");

        // What is not there yet will be made, so it is the nearest folder above it that must let us.
        var existing = path;
        while (!Directory.Exists(existing) && Path.GetDirectoryName(existing) is { } parent)
        {
            if (File.Exists(existing))
                return ValidateOptionsResult.Fail($"{Setting} is '{path}', but '{existing}' is a file, not a folder.");
            existing = parent;
        }

        return Native.Access(existing, Native.MayWriteAndEnter) == 0
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail(
                $"{Setting} is '{path}', but '{existing}' cannot be written to: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}.");
    }
}
