using Registry.Core.Storage;
using StackExchange.Redis;

namespace Registry.Storage.Redis;

/// <summary>What the exceptions of the Redis client and the errors of the server are to the registry.</summary>
internal static class RedisFault
{
    /// <summary>The server's error codes that say more than that it does not serve: the rest is <see cref="StorageFault.Unavailable"/>.</summary>
    private static readonly (string Code, StorageFault Kind)[] Codes =
    [
        ("OOM", StorageFault.Full),
        ("NOAUTH", StorageFault.Denied),
        ("WRONGPASS", StorageFault.Denied),
        ("NOPERM", StorageFault.Denied),
        ("WRONGTYPE", StorageFault.Corrupt),
    ];

    /// <summary>True when the server is no longer, or not now, the one to talk to: a new connection may find it, or another in its place.</summary>
    public static bool EndsConnection(Exception fault) =>
        fault is TimeoutException or RedisConnectionException or ObjectDisposedException
        || (fault is RedisServerException error && (Says(error.Message, "READONLY") || Says(error.Message, "NOAUTH")));

    /// <summary>True when the server does not have a script that was sent by its hash, and so has not run it.</summary>
    public static bool IsUnknownScript(RedisServerException fault) => Says(fault.Message, "NOSCRIPT");

    /// <summary>True when the call was never sent, so that sending it again cannot do it twice.</summary>
    public static bool WasNotSent(Exception fault) =>
        fault is RedisConnectionException { FailureType: ConnectionFailureType.UnableToResolvePhysicalConnection };

    /// <summary>The one exception of the port for whatever the client threw.</summary>
    public static StorageException From(Exception fault) => fault switch
    {
        StorageException known => known,
        TimeoutException => new(StorageFault.Unavailable, "Redis did not answer in time.", fault),
        _ => new(KindOf(fault), $"Redis failed: {fault.Message}", fault),
    };

    private static StorageFault KindOf(Exception fault)
    {
        // What is refused while connecting comes as a failure to connect, with the reason in its words: the first are of 1.x, the others of 2.x.
        if (fault is RedisConnectionException refused
            && (refused.FailureType == ConnectionFailureType.AuthenticationFailure
                || refused.Message.Contains("AuthenticationFailure", StringComparison.Ordinal)
                || refused.Message.Contains("authentication failure", StringComparison.Ordinal)))
            return StorageFault.Denied;
        for (var cause = fault; cause is not null; cause = cause.InnerException)
            foreach (var (code, kind) in Codes)
                if (Says(cause.Message, code))
                    return kind;
        return fault is InvalidCastException or FormatException ? StorageFault.Corrupt : StorageFault.Unavailable;
    }

    /// <summary>An error begins with its code; older servers put what a script met after the script's own words and a hyphen.</summary>
    private static bool Says(string message, string code) =>
        message.StartsWith(code, StringComparison.Ordinal) || message.Contains($"-{code} ", StringComparison.Ordinal)
        || message.Contains($" {code} ", StringComparison.Ordinal);
}
