using Grpc.Core;
using Registry.Core.Storage;

namespace Registry.Storage.Etcd;

/// <summary>
/// Maps the errors of etcd. One status has several meanings, which the messages of etcd's public error list (rpctypes)
/// distinguish.
/// </summary>
internal static class EtcdErrors
{
    /// <summary>
    /// Returns true when the token is unknown, expired or older than a change of the users. The call did nothing; log
    /// in again.
    /// </summary>
    public static bool RequiresLogin(RpcException error) =>
        error.StatusCode == StatusCode.Unauthenticated || HasMessage(error, "revision of auth store is old");

    /// <summary>
    /// Returns true when the requested revision has been compacted, or does not exist yet after a restore of an older
    /// state.
    /// </summary>
    public static bool IsNoRevision(RpcException error) =>
        error.StatusCode == StatusCode.OutOfRange
            && (HasMessage(error, "compacted") || HasMessage(error, "future revision"));

    /// <summary>Returns true when the error is specific to the member, so that another one may succeed.</summary>
    public static bool IsMemberFault(RpcException error) =>
        error.StatusCode is StatusCode.Unavailable or StatusCode.DeadlineExceeded or StatusCode.Cancelled
            or StatusCode.Unknown or StatusCode.Internal or StatusCode.Unimplemented
        && !IsThrottled(error);

    /// <summary>Returns true when the request certainly changed nothing, so that a write may be retried.</summary>
    public static bool ChangedNothing(RpcException error) =>
        EtcdCall.IsUnsent(error) || (error.StatusCode == StatusCode.Unavailable && HasMessage(error, "no leader"));

    /// <summary>Converts the error to the exception of the ports.</summary>
    /// <param name="error">The error.</param>
    /// <param name="changedNothing">Whether no attempt of the call can have changed anything.</param>
    public static StorageException ToStorage(RpcException error, bool changedNothing)
    {
        var (kind, hint) = Classify(error);
        return new StorageException(kind, $"etcd: {error.Status.Detail}{(hint is null ? "" : $" ({hint})")}", error)
        {
            ChangedNothing = changedNothing,
        };
    }

    private static (StorageFault Kind, string? Hint) Classify(RpcException error) => error.StatusCode switch
    {
        _ when HasMessage(error, "space exceeded") => (
            StorageFault.Full,
            "the backend quota is reached: compact, defragment, disarm the alarm; or raise --quota-backend-bytes"),
        _ when IsThrottled(error) => (StorageFault.Throttled, null),
        _ when HasMessage(error, "too large") || HasMessage(error, "larger than max") => (
            StorageFault.Denied, "--max-request-bytes must be at least its default, 1.5 MiB"),
        StatusCode.PermissionDenied => (StorageFault.Denied, "the user needs read and write permission on the prefix"),
        StatusCode.Unauthenticated => (StorageFault.Denied, null),
        StatusCode.InvalidArgument when HasMessage(error, "user name is empty") => (
            StorageFault.Denied, "the server requires authentication: set ETCD__USERNAME and ETCD__PASSWORD"),
        StatusCode.InvalidArgument when HasMessage(error, "authentication failed") => (
            StorageFault.Denied, "ETCD__USERNAME or ETCD__PASSWORD is wrong"),
        StatusCode.FailedPrecondition when HasMessage(error, "authentication is not enabled") => (
            StorageFault.Denied,
            "ETCD__USERNAME is set, but authentication is disabled on the server: enable it or unset the user"),
        StatusCode.InvalidArgument or StatusCode.FailedPrecondition => (StorageFault.Denied, null),
        StatusCode.Unimplemented => (StorageFault.Denied, "the server is not etcd 3.4 or later"),
        StatusCode.DataLoss or StatusCode.OutOfRange => (StorageFault.Corrupt, null),
        _ => (StorageFault.Unavailable, null),
    };

    private static bool IsThrottled(RpcException error) => HasMessage(error, "too many requests");

    /// <summary>
    /// Returns true when the server returned this message. An error with a cause has a message of the client.
    /// </summary>
    private static bool HasMessage(RpcException error, string text) =>
        error.Status.DebugException is null && error.Status.Detail.Contains(text, StringComparison.OrdinalIgnoreCase);
}
