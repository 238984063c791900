using Registry.Tests.Support.Storage;

namespace Registry.Tests.Support.Cluster;

/// <summary>One local folder.</summary>
internal sealed class FilesystemCluster(FilesystemUnderTest storage) : ClusterStorage(storage)
{
    public override IEnumerable<(string Name, string? Value)> SettingsOf(
        int replica) => [("STORAGE", "filesystem"), ("FILESYSTEM__PATH", storage.Path)];

    public override Task<bool> DisturbAsync(
        int replica, Random random, CancellationToken cancellationToken) => Task.FromResult(false);
}
