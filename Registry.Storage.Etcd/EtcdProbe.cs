using System.Globalization;
using Microsoft.Extensions.Logging;
using Registry.Core.Storage;

namespace Registry.Storage.Etcd;

/// <summary>
/// Proves that etcd answers, is of a version that is known to work and has raised no alarm; warns when it is filling
/// up.
/// </summary>
internal sealed partial class EtcdProbe(EtcdClient client, ILogger<EtcdProbe> logger) : IStorageProbe
{
    /// <summary>What <c>--quota-backend-bytes</c> is when nobody sets it. The quota in force is not told.</summary>
    private const long DefaultQuotaBytes = 2L * 1024 * 1024 * 1024;

    private static readonly Version OldestVersion = new(3, 4);

    public string Name => "etcd";

    public string Description => $"{Name} at {client.Addresses}";

    public async ValueTask ProbeAsync(CancellationToken cancellationToken)
    {
        var status = await client.StatusAsync(cancellationToken);
        if (!Version.TryParse(status.Version.Split('-', '+')[0], out var version) || version < OldestVersion)
            throw new StorageException(
                StorageFault.Denied,
                $"etcd is version '{status.Version}': the registry needs {OldestVersion} or later.");
        if (status.Leader == 0)
            throw new StorageException(
                StorageFault.Unavailable, "The etcd cluster has no leader: most of its members must be up.");
        if (status.Errors.FirstOrDefault(static alarm => !IsNoSpace(alarm)) is { } other)
            throw new StorageException(StorageFault.Corrupt, $"etcd has raised an alarm: {other}.");

        if (status.DbSize > DefaultQuotaBytes / 5 * 4)
            LogFilling(Mebibytes(status.DbSize), Mebibytes(DefaultQuotaBytes));

        // Last, as a full etcd is still read and deleted from.
        if (status.Errors.FirstOrDefault(IsNoSpace) is { } full)
        {
            throw new StorageException(
                StorageFault.Full,
                $"etcd has raised the alarm NOSPACE ({full}): compact, defragment and then disarm the alarm, "
                    + "or raise --quota-backend-bytes.");
        }
    }

    private static bool IsNoSpace(string alarm) => alarm.Contains("NOSPACE", StringComparison.OrdinalIgnoreCase);

    private static string Mebibytes(long bytes) => (bytes / 1024 / 1024).ToString(CultureInfo.InvariantCulture);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "etcd holds {Size} MiB; its quota is {Quota} MiB unless --quota-backend-bytes says otherwise, and "
            + "at the quota it takes no more writes: compact and defragment it")]
    private partial void LogFilling(string size, string quota);
}
