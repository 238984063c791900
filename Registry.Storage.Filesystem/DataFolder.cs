
namespace Registry.Storage.Filesystem;

/// <summary>The data folder as a setting names it, and as it is found on the disk. Changes nothing.</summary>
internal static class DataFolder
{
    /// <summary>The folder of the documents, below the data folder.</summary>
    public const string Documents = "documents";

    /// <summary>The folder of the blobs, below the data folder.</summary>
    public const string Blobs = "blobs";

    /// <summary>The absolute path of a folder, without a slash at its end.</summary>
    public static string FullPath(string path) => Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));

    /// <summary>
    /// The absolute path of a folder with every symbolic link in it followed, so that links below the folder can be
    /// refused and the folder itself may be one. The part of the path that does not exist stays as it is.
    /// </summary>
    public static string Resolve(string path)
    {
        var full = FullPath(path);
        for (var existing = full; existing is not null; existing = Path.GetDirectoryName(existing))
            if (Disk.TryResolve(existing) is { } resolved)
                return existing == full ? resolved : Path.Combine(resolved, Path.GetRelativePath(existing, full));
        return full;
    }

    /// <summary>Whether a registry has been started on this folder before.</summary>
    public static bool HoldsRegistry(string path) =>
        Directory.Exists(Path.Combine(path, Documents)) && Directory.Exists(Path.Combine(path, Blobs));
}
