namespace Registry.Storage.Filesystem;

/// <summary>Where the filesystem backend keeps everything: section <c>Filesystem</c> of the configuration.</summary>
public sealed class FilesystemOptions
{
    /// <summary>The name of the section.</summary>
    public const string Section = "Filesystem";

    /// <summary>
    /// The folder that holds all data, on one volume: <c>FILESYSTEM__PATH</c>. Relative to the working directory; made at start when it is not there.
    /// </summary>
    /// <value><c>./data</c></value>
    public string Path { get; set; } = "./data";
}
