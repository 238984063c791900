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
    /// Finds the folder that a registry has lost, and the other one, which has content; null for a whole registry and
    /// for none. Every version creates both folders before it stores anything.
    /// </summary>
    public static (string Missing, string Filled)? FindLoss(string path)
    {
        return IsLost(Documents, Blobs) ? (Documents, Blobs) : IsLost(Blobs, Documents) ? (Blobs, Documents) : null;

        // The content first: another replica may be creating both folders.
        bool IsLost(string missing, string filled) =>
            HasContent(Path.Combine(path, filled)) && !Directory.Exists(Path.Combine(path, missing));
    }

    /// <summary>Whether a folder exists, can be read, and has an entry that is not hidden.</summary>
    private static bool HasContent(string path) =>
        Directory.Exists(path) && Directory.EnumerateFileSystemEntries(path, "*", new EnumerationOptions()).Any();
}
