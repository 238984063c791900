using System.Globalization;
using Microsoft.Extensions.Logging;
using Registry.Core.Storage;

namespace Registry.Storage.Etcd;

/// <summary>
/// Checks that etcd responds, has a supported version and has raised no alarm. Logs a warning when it is filling up.
/// </summary>
internal sealed partial class EtcdProbe(EtcdClient client, ILogger<EtcdProbe> logger) : IStorageProbe
{
    /// <summary>The default of <c>--quota-backend-bytes</c>. etcd does not report the actual quota.</summary>
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
                StorageFault.Unavailable, "The etcd cluster has no leader: a majority of its members must be up.");
        if (status.Errors.FirstOrDefault(static alarm => !IsNoSpace(alarm)) is { } other)
            throw new StorageException(StorageFault.Corrupt, $"etcd has raised an alarm: {other}.");

        if (status.DbSize > DefaultQuotaBytes / 5 * 4)
            LogNearQuota(Mebibytes(status.DbSize), Mebibytes(DefaultQuotaBytes));

        // Checked last: a full etcd still accepts reads and deletes.
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
        Message = "etcd uses {Size} MiB. At its quota, by default {Quota} MiB (--quota-backend-bytes), it rejects "
            + "writes. Compact and defragment it")]
    private partial void LogNearQuota(string size, string quota);
}
