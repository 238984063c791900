using Microsoft.Extensions.Logging;
using Registry.Core.Storage;
using StackExchange.Redis;

namespace Registry.Storage.Redis;

/// <summary>
/// Finds out whether the server is one that keeps what it is given, and says what a crash of it would cost.
/// </summary>
internal sealed partial class RedisProbe(RedisConnection link, ILogger<RedisProbe> logger) : IStorageProbe
{
    /// <summary>
    /// Scripts replicate what they did and not what they said since 5; UNLINK came with 4. What is older than 6 is not
    /// maintained by anyone.
    /// </summary>
    private const int OldestMajorVersion = 6;

    public string Name => "redis";

    public string Description => $"{Name} at {link.Addresses}";

    public async ValueTask ProbeAsync(CancellationToken cancellationToken)
    {
        var server = await InfoAsync("server", cancellationToken);
        if (server.TryGetValue("redis_version", out var version)
            && (!int.TryParse(version.Split('.')[0], out var major) || major < OldestMajorVersion))
            throw Unfit($"This Redis is version {version}: the registry needs {OldestMajorVersion} or newer.");
        if (server.GetValueOrDefault("redis_mode") == "cluster")
            throw Unfit(
                "This Redis is a cluster, whose scripts may not touch keys of several slots, as the registry's do: "
                    + "give it one server, with replicas where wanted.");

        await DemandNoEvictionAsync(cancellationToken);
        await WarnOfLossAsync(cancellationToken);
    }

    private static StorageException Unfit(string message) => new(StorageFault.Denied, message);

    private async ValueTask DemandNoEvictionAsync(CancellationToken cancellationToken)
    {
        var policy = (await InfoAsync("memory", cancellationToken)).GetValueOrDefault("maxmemory_policy")
            ?? await SettingAsync("maxmemory-policy", cancellationToken);
        if (policy is null)
            LogUnknown("maxmemory-policy", "noeviction");
        else if (policy != "noeviction")
            throw Unfit(
                $"This Redis would throw packages away when its memory is full: its maxmemory-policy is '{policy}' "
                    + "and must be 'noeviction'.");
    }

    private async ValueTask WarnOfLossAsync(CancellationToken cancellationToken)
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
        var text = (await link.CallAsync(
            database => database.ExecuteAsync("INFO", [section], RedisConnection.Flags),
            cancellationToken)).ToString() ?? "";
        return text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(line => line.Split(':', 2))
            .Where(pair => pair.Length == 2)
            .DistinctBy(pair => pair[0])
            .ToDictionary(pair => pair[0], pair => pair[1]);
    }

    /// <summary>A setting of the server; null where it does not tell, as managed ones do not.</summary>
    private async ValueTask<string?> SettingAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            var answer = (RedisValue[]?)await link.CallAsync(
                database => database.ExecuteAsync("CONFIG", ["GET", name], RedisConnection.Flags), cancellationToken);
            return answer is [_, var value] ? value.ToString() : null;
        }
        catch (StorageException refused) when (refused.InnerException is RedisServerException)
        {
            LogSettingRefused(name, refused.InnerException.Message);
            return null;
        }
    }

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Persistence of Redis could not be checked. Make sure that it runs with 'appendonly yes' and "
            + "'appendfsync always', or a crash loses packages")]
    private partial void LogUnchecked();

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Redis keeps everything in memory alone: all packages are lost when it stops. Set 'appendonly "
            + "yes' and 'appendfsync always'")]
    private partial void LogNoPersistence();

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Redis writes snapshots alone: what was pushed since the last, up to an hour, is lost when it "
            + "crashes. Set 'appendonly yes' and 'appendfsync always'")]
    private partial void LogSnapshotsOnly();

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Redis flushes to disk every second: the pushes and deletes of the last second or two are lost "
            + "when it is killed or its machine crashes. Set 'appendfsync always' where that matters")]
    private partial void LogEverySecond();

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Redis leaves flushing to the operating system: the pushes and deletes of the last half minute "
            + "are lost when its machine crashes. Set 'appendfsync always'")]
    private partial void LogNeverFlushed();

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Redis does not say what its {Setting} is: see to it that it is '{Wanted}'")]
    private partial void LogUnknown(string setting, string wanted);

    [LoggerMessage(Level = LogLevel.Information, Message = "Redis refuses to tell its setting {Setting}: {Answer}")]
    private partial void LogSettingRefused(string setting, string answer);
}
