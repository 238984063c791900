using Registry.Core.Storage;
using StackExchange.Redis;

namespace Registry.Storage.Redis;

/// <summary>What the exceptions of the Redis client and the errors of the server are to the registry.</summary>
internal static class RedisFault
{
    /// <summary>
    /// What the server's errors say, where that is more than that it does not serve; the rest (LOADING, BUSY, READONLY,
    /// MASTERDOWN, MISCONF and the like) is <see cref="StorageFault.Unavailable"/>. A full disk comes in the words of a
    /// MISCONF.
    /// </summary>
    private static readonly (string Code, StorageFault Kind)[] Codes =
    [
        ("OOM", StorageFault.Full),
        ("No space left on device", StorageFault.Full),
        ("NOAUTH", StorageFault.Denied),
        ("WRONGPASS", StorageFault.Denied),
        ("NOPERM", StorageFault.Denied),
        ("WRONGTYPE", StorageFault.Corrupt),

        // What is refused while connecting comes as a failure to connect, which tells of it in the words of the client,
        // or by the name it gives to that.
        ("AuthenticationFailure", StorageFault.Denied),
        ("authentication failure", StorageFault.Denied),
    ];

    /// <summary>
    /// True when the server is no longer, or not now, the one to talk to: a new connection may find it, or another in
    /// its place.
    /// </summary>
    public static bool EndsConnection(Exception fault) =>
        fault is TimeoutException or RedisConnectionException or ObjectDisposedException or OperationCanceledException
        || (fault is RedisServerException error && (Says(error.Message, "READONLY") || Says(error.Message, "NOAUTH")));

    /// <summary>True when the server does not have a script that was sent by its hash, and so has not run it.</summary>
    public static bool IsUnknownScript(RedisServerException fault) => Says(fault.Message, "NOSCRIPT");

    /// <summary>
    /// True when the call was never sent, so that sending it again cannot do it twice: the client has no connection,
    /// and says so or cancels the call, as the one or the other comes first. It cancels nothing that it has sent.
    /// </summary>
    public static bool WasNotSent(Exception fault) =>
        fault is OperationCanceledException
            or RedisConnectionException { FailureType: ConnectionFailureType.UnableToResolvePhysicalConnection };

    /// <summary>The one exception of the port for whatever the client threw.</summary>
    public static StorageException From(Exception fault) => fault switch
    {
        StorageException known => known,
        TimeoutException => new(StorageFault.Unavailable, "Redis did not answer in time.", fault),
        _ => new(KindOf(fault), $"Redis failed: {fault.Message}", fault),
    };

    /// <summary>The kind of failure that a message tells of; null where it tells of none.</summary>
    public static StorageFault? KindSaid(string message)
    {
        foreach (var (code, kind) in Codes)
            if (Says(message, code))
                return kind;
        return null;
    }

    private static StorageFault KindOf(Exception fault)
    {
        if (fault is RedisConnectionException { FailureType: ConnectionFailureType.AuthenticationFailure })
            return StorageFault.Denied;
        for (var cause = fault; cause is not null; cause = cause.InnerException)
            if (KindSaid(cause.Message) is { } kind)
                return kind;
        return fault is InvalidCastException or FormatException ? StorageFault.Corrupt : StorageFault.Unavailable;
    }

    /// <summary>
    /// An error begins with its code; older servers put what a script met after the script's own words and a hyphen.
    /// </summary>
    private static bool Says(string message, string code) =>
        message.StartsWith(code, StringComparison.Ordinal) || message.Contains($"-{code} ", StringComparison.Ordinal)
        || message.Contains($" {code}", StringComparison.Ordinal);
}
