namespace Registry.Storage.Filesystem;

/// <summary>Where the filesystem backend keeps everything: section <c>Filesystem</c> of the configuration.</summary>
public sealed class FilesystemOptions
{
    /// <summary>The name of the section.</summary>
    public const string Section = "Filesystem";

    /// <summary>
    /// The folder that holds all data, on one volume: <c>FILESYSTEM__PATH</c>. Relative to the working directory; made
    /// at start when it is not there.
    /// </summary>
    /// <value><c>./data</c></value>
    public string Path { get; set; } = "./data";

    /// <summary>
    /// Whether a registry may be created in the folder: <c>FILESYSTEM__CREATE</c>. When false, a folder that is missing
    /// or holds no registry is refused, so that a volume that is not mounted never looks like an empty registry.
    /// </summary>
    /// <value>true</value>
    public bool Create { get; set; } = true;

    /// <summary>
    /// Whether the folder is only read and nothing in it is made or changed. Not a setting: a command decides it.
    /// </summary>
    internal bool ReadOnly { get; set; }
}
