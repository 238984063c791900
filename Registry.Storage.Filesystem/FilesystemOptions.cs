namespace Registry.Storage.Filesystem;

/// <summary>The options of the filesystem backend: section <c>Filesystem</c> of the configuration.</summary>
public sealed class FilesystemOptions
{
    /// <summary>The name of the section.</summary>
    public const string Section = "Filesystem";

    /// <summary>
    /// The folder of all data, on one volume: <c>FILESYSTEM__PATH</c>. Relative to the working directory; created on
    /// startup if it does not exist.
    /// </summary>
    /// <value><c>./data</c></value>
    public string Path { get; set; } = "./data";

    /// <summary>
    /// Whether a registry may be created in the folder: <c>FILESYSTEM__CREATE</c>. When false, a folder that is missing
    /// or contains no registry is rejected, so that an unmounted volume is never taken for an empty registry.
    /// </summary>
    /// <value>true</value>
    public bool Create { get; set; } = true;

    /// <summary>
    /// Whether the folder is only read, and nothing in it is created or changed. Not a setting: commands set it.
    /// </summary>
    internal bool ReadOnly { get; set; }

    /// <summary>
    /// Whether a command opens the folder, perhaps beside a service of another user. Not a setting: commands set it.
    /// </summary>
    internal bool IsCommand { get; set; }
}
