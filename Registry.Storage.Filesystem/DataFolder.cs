namespace Registry.Storage.Filesystem;

/// <summary>Resolves and inspects the configured data folder. Never changes the disk.</summary>
internal static class DataFolder
{
    /// <summary>The name of the folder of documents in the data folder.</summary>
    public const string Documents = "documents";

    /// <summary>The name of the folder of blobs in the data folder.</summary>
    public const string Blobs = "blobs";

    /// <summary>Returns the absolute path of a folder, without a trailing slash.</summary>
    public static string FullPath(string path) => Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));

    /// <summary>
    /// Returns the absolute path of a folder with all symbolic links resolved. The folder may be a link, while links
    /// below it are rejected. The part of the path that does not exist is unchanged.
    /// </summary>
    public static string Resolve(string path)
    {
        var full = FullPath(path);
        for (var existing = full; existing is not null; existing = Path.GetDirectoryName(existing))
            if (Disk.TryResolve(existing) is { } resolved)
                return existing == full ? resolved : Path.Combine(resolved, Path.GetRelativePath(existing, full));
        return full;
    }

    /// <summary>Whether a folder holds the data of a registry.</summary>
    public static bool HoldsRegistry(string path) =>
        Directory.Exists(Path.Combine(path, Documents)) && Directory.Exists(Path.Combine(path, Blobs));

    /// <summary>
    /// Whether a registry has lost its folder of documents, but not its blobs. Every version creates both folders
    /// before it stores anything.
    /// </summary>
    public static bool LacksDocuments(string path)
    {
        // The content first: another replica may be creating both folders.
        var blobs = Path.Combine(path, Blobs);
        return Directory.Exists(blobs)
            && Directory.EnumerateFileSystemEntries(blobs, "*", new EnumerationOptions()).Any()
            && !Directory.Exists(Path.Combine(path, Documents));
    }
}
