namespace Registry.Tests.Support.Servers;

/// <summary>The filesystem: one folder per name.</summary>
internal sealed class LocalFolders : IBackendServer
{
    private readonly TemporaryFolder folder = new();

    public string[] NewStorage(string name) => ["--STORAGE=filesystem", $"--Filesystem:Path={folder.Below(name)}"];

    public ValueTask DisposeAsync()
    {
        folder.Dispose();
        return default;
    }
}
