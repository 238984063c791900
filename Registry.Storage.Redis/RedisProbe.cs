using System.Globalization;
using Microsoft.Extensions.Logging;
using Registry.Core.Storage;
using StackExchange.Redis;

namespace Registry.Storage.Redis;

/// <summary>
/// Checks that the server is supported and does not evict data. Logs a warning when a crash could lose writes.
/// </summary>
internal sealed partial class RedisProbe(RedisConnection connection, ILogger<RedisProbe> logger) : IStorageProbe
{
    /// <summary>
    /// Effect replication of scripts requires version 5, UNLINK version 4. Versions before 6 are no longer maintained.
    /// </summary>
    private const int OldestMajorVersion = 6;

    public string Name => "redis";

    public string Description => $"{Name} at {connection.Addresses}";

    public async ValueTask ProbeAsync(CancellationToken cancellationToken)
    {
        var server = await InfoAsync("server", cancellationToken);
        if (server.TryGetValue("redis_version", out var version)
            && (!int.TryParse(
                version.Split('.')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var major)
                || major < OldestMajorVersion))
            throw Unsupported(
                $"Redis is version {version}; the registry requires version {OldestMajorVersion} or later.");
        if (server.GetValueOrDefault("redis_mode") == "cluster")
            throw Unsupported(
                "Redis runs in cluster mode, which is not supported: scripts of the registry use keys of several "
                + "slots. "
                    + "Use a single server, with replicas if needed.");

        await RequireNoEvictionAsync(cancellationToken);
        await WarnIfNotDurableAsync(cancellationToken);
    }

    private static StorageException Unsupported(string message) => new(StorageFault.Denied, message);

    private async ValueTask RequireNoEvictionAsync(CancellationToken cancellationToken)
    {
        var policy = (await InfoAsync("memory", cancellationToken)).GetValueOrDefault("maxmemory_policy")
            ?? await SettingAsync("maxmemory-policy", cancellationToken);
        if (policy is null)
            LogUnknown("maxmemory-policy", "noeviction");
        else if (policy != "noeviction")
            throw Unsupported(
                $"Redis would evict packages when its memory is full: maxmemory-policy is '{policy}' and must be "
                    + "'noeviction'.");
    }

    private async ValueTask WarnIfNotDurableAsync(CancellationToken cancellationToken)
    {
        var persistence = await InfoAsync("persistence", cancellationToken);
        var appending = persistence.GetValueOrDefault("aof_enabled");
        var setting =
            appending is null ? null : await SettingAsync(appending == "0" ? "save" : "appendfsync", cancellationToken);
        switch (appending, setting)
        {
            case (_, null):
                LogUnchecked();
                break;
            case ("0", ""):
                LogNoPersistence();
                break;
            case ("0", _):
                LogSnapshotsOnly();
                break;
            case (_, "always"):
                break;
            case (_, "everysec"):
                LogEverySecond();
                break;
            default:
                LogNeverFlushed();
                break;
        }
    }

    private async ValueTask<Dictionary<string, string>> InfoAsync(string section, CancellationToken cancellationToken)
    {
        var text = (await connection.CallAsync(
            database => database.ExecuteAsync("INFO", [section], RedisConnection.Flags),
            cancellationToken)).ToString() ?? "";
        return text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(line => line.Split(':', 2))
            .Where(pair => pair.Length == 2)
            .DistinctBy(pair => pair[0])
            .ToDictionary(pair => pair[0], pair => pair[1]);
    }

    /// <summary>Returns a setting of the server; null when it does not return it, as managed services do.</summary>
    private async ValueTask<string?> SettingAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            var reply = (RedisValue[]?)await connection.CallAsync(
                database => database.ExecuteAsync("CONFIG", ["GET", name], RedisConnection.Flags), cancellationToken);
            return reply is [_, var value] ? value.ToString() : null;
        }
        catch (StorageException exception) when (exception.InnerException is RedisServerException)
        {
            LogSettingRefused(name, exception.InnerException.Message);
            return null;
        }
    }

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Could not check the persistence of Redis. Set 'appendonly yes' and 'appendfsync always', or a "
            + "crash may lose packages")]
    private partial void LogUnchecked();

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Redis has no persistence: all packages are lost when it stops. Set 'appendonly yes' and "
            + "'appendfsync always'")]
    private partial void LogNoPersistence();

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Redis only writes snapshots: a crash loses everything since the last one, up to an hour. Set "
            + "'appendonly yes' and 'appendfsync always'")]
    private partial void LogSnapshotsOnly();

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Redis flushes to disk every second: a crash of Redis or its machine loses the changes of the "
            + "last second or two. Set 'appendfsync always' if that matters")]
    private partial void LogEverySecond();

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Redis leaves flushing to the operating system: a crash of its machine loses the changes of the "
            + "last half minute. Set 'appendfsync always'")]
    private partial void LogNeverFlushed();

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Redis does not return its setting {Setting}. Make sure that it is '{Wanted}'")]
    private partial void LogUnknown(string setting, string wanted);

    [LoggerMessage(Level = LogLevel.Information, Message = "Redis refused to return its setting {Setting}: {Answer}")]
    private partial void LogSettingRefused(string setting, string answer);
}
