using System.Text.RegularExpressions;
using Registry.Core.Storage;
using StackExchange.Redis;

namespace Registry.Storage.Redis;

/// <summary>Maps exceptions of the Redis client and errors of the server.</summary>
internal static partial class RedisFault
{
    /// <summary>
    /// The server errors with their own kind. All others (LOADING, BUSY, READONLY, MASTERDOWN, MISCONF and so on)
    /// are <see cref="StorageFault.Unavailable"/>. A full disk is reported in the text of a MISCONF.
    /// </summary>
    private static readonly (string Code, StorageFault Kind)[] Codes =
    [
        ("OOM", StorageFault.Full),
        ("No space left on device", StorageFault.Full),
        ("NOAUTH", StorageFault.Denied),
        ("WRONGPASS", StorageFault.Denied),
        ("NOPERM", StorageFault.Denied),
        ("WRONGTYPE", StorageFault.Corrupt),

        // Errors during the connection attempt are reported by the client as a connection failure, with its own
        // text or failure type.
        ("AuthenticationFailure", StorageFault.Denied),
        ("authentication failure", StorageFault.Denied),
    ];

    /// <summary>
    /// The server errors that reject a script before it has changed anything, and that pass. READONLY comes from a
    /// former master.
    /// </summary>
    private static readonly string[] Refusals =
        ["LOADING", "READONLY", "MASTERDOWN", "CLUSTERDOWN", "BUSY", "NOREPLICAS", "MISCONF"];

    /// <summary>
    /// Returns true when the connection should be replaced: the server is not usable at present, and a new connection
    /// may find it or its successor.
    /// </summary>
    public static bool EndsConnection(Exception fault) =>
        fault is TimeoutException or RedisConnectionException or ObjectDisposedException or OperationCanceledException
        || (fault is RedisServerException error
            && (HasCode(error.Message, "READONLY") || HasCode(error.Message, "NOAUTH")));

    /// <summary>
    /// Returns true when the server does not know a script that was sent by its hash, and so did not run it.
    /// </summary>
    public static bool IsUnknownScript(RedisServerException fault) => HasCode(fault.Message, "NOSCRIPT");

    /// <summary>
    /// Returns true when the call was never sent and can safely be repeated: the client has no connection, and either
    /// reports that or cancels the call. It never cancels a call that was sent.
    /// </summary>
    public static bool WasNotSent(Exception fault) =>
        fault is OperationCanceledException
            or RedisConnectionException { FailureType: ConnectionFailureType.UnableToResolvePhysicalConnection };

    /// <summary>Converts an exception of the client to the exception of the ports.</summary>
    /// <param name="fault">The exception.</param>
    /// <param name="wasSent">Whether the call may have reached the server.</param>
    public static StorageException From(Exception fault, bool wasSent) => fault switch
    {
        StorageException known => known,
        TimeoutException => new(StorageFault.Unavailable, "Redis did not respond in time.", fault)
        {
            ChangedNothing = !wasSent,
        },
        // The log also contains the inner exception, so the advice is removed from that too.
        RedisConnectionException unreachable when Advice().IsMatch(unreachable.Message) => From(
            new RedisConnectionException(
                unreachable.FailureType, Advice().Replace(unreachable.Message, ""), unreachable.InnerException),
            wasSent),
        _ => new(KindOf(fault), $"Redis failed: {fault.Message}", fault)
        {
            ChangedNothing = !wasSent || (fault is RedisServerException refused
                && Refusals.Any(code => HasCode(refused.Message, code))),
        },
    };

    /// <summary>Returns the kind of failure in an error message; null for no known error.</summary>
    public static StorageFault? Classify(string message)
    {
        foreach (var (code, kind) in Codes)
            if (HasCode(message, code))
                return kind;
        return null;
    }

    /// <summary>
    /// The advice of the client library to programmers. It names no setting of the registry, which reconnects anyway.
    /// </summary>
    [GeneratedRegex(@" To allow this multiplexer to continue retrying .*? in your code\.")]
    private static partial Regex Advice();

    private static StorageFault KindOf(Exception fault)
    {
        if (fault is RedisConnectionException { FailureType: ConnectionFailureType.AuthenticationFailure })
            return StorageFault.Denied;
        for (var cause = fault; cause is not null; cause = cause.InnerException)
            if (Classify(cause.Message) is { } kind)
                return kind;
        return fault is InvalidCastException or FormatException ? StorageFault.Corrupt : StorageFault.Unavailable;
    }

    /// <summary>
    /// An error starts with its code. Older servers put the error of a command in a script after the text of the script
    /// and a hyphen.
    /// </summary>
    private static bool HasCode(string message, string code) =>
        message.StartsWith(code, StringComparison.Ordinal) || message.Contains($"-{code} ", StringComparison.Ordinal)
        || message.Contains($" {code}", StringComparison.Ordinal);
}
