using Grpc.Core;
using Registry.Core.Storage;

namespace Registry.Storage.Etcd;

/// <summary>
/// What etcd's errors mean to the registry. etcd gives several meanings to one status: the words of its public list of
/// errors (rpctypes) tell them apart.
/// </summary>
internal static class EtcdErrors
{
    /// <summary>
    /// The login is not known (any more), or older than a change of the users: log in again. Nothing was done.
    /// </summary>
    public static bool AsksForLogin(RpcException error) =>
        error.StatusCode == StatusCode.Unauthenticated || Says(error, "revision of auth store is old");

    /// <summary>
    /// The revision that was asked for has been compacted away, or, after a restore of an older state, not been given
    /// yet.
    /// </summary>
    public static bool IsNoRevision(RpcException error) =>
        error.StatusCode == StatusCode.OutOfRange && (Says(error, "compacted") || Says(error, "future revision"));

    /// <summary>The fault lies with the member: another may do better.</summary>
    public static bool IsOfMember(RpcException error) =>
        error.StatusCode is StatusCode.Unavailable or StatusCode.DeadlineExceeded or StatusCode.Cancelled
            or StatusCode.Unknown or StatusCode.Internal or StatusCode.Unimplemented
        && !IsThrottled(error);

    /// <summary>True when the request has surely changed nothing, so that a write may be tried again.</summary>
    public static bool ChangedNothing(RpcException error) =>
        EtcdCall.IsUnsent(error) || (error.StatusCode == StatusCode.Unavailable && Says(error, "no leader"));

    /// <summary>The one exception of the ports.</summary>
    public static StorageException ToStorage(RpcException error)
    {
        var (kind, hint) = Judge(error);
        return new StorageException(kind, $"etcd: {error.Status.Detail}{(hint is null ? "" : $" ({hint})")}", error);
    }

    private static (StorageFault Kind, string? Hint) Judge(RpcException error) => error.StatusCode switch
    {
        _ when Says(error, "space exceeded") => (
            StorageFault.Full,
            "the backend quota is reached: compact, defragment, disarm the alarm; or raise --quota-backend-bytes"),
        _ when IsThrottled(error) => (StorageFault.Throttled, null),
        _ when Says(error, "too large") || Says(error, "larger than max") => (
            StorageFault.Denied, "--max-request-bytes must be at least its default, 1.5 MiB"),
        StatusCode.PermissionDenied => (StorageFault.Denied, "the user needs read and write permission on the prefix"),
        StatusCode.Unauthenticated => (StorageFault.Denied, null),
        StatusCode.InvalidArgument when Says(error, "user name is empty") => (
            StorageFault.Denied, "the server asks for a login: set ETCD__USERNAME and ETCD__PASSWORD"),
        StatusCode.InvalidArgument when Says(error, "authentication failed") => (
            StorageFault.Denied, "ETCD__USERNAME or ETCD__PASSWORD is wrong"),
        StatusCode.FailedPrecondition when Says(error, "authentication is not enabled") => (
            StorageFault.Denied,
            "ETCD__USERNAME is set, but the server knows no users: enable its authentication or unset the user"),
        StatusCode.InvalidArgument or StatusCode.FailedPrecondition => (StorageFault.Denied, null),
        StatusCode.Unimplemented => (StorageFault.Denied, "this is no etcd of version 3.4 or later"),
        StatusCode.DataLoss or StatusCode.OutOfRange => (StorageFault.Corrupt, null),
        _ => (StorageFault.Unavailable, null),
    };

    private static bool IsThrottled(RpcException error) => Says(error, "too many requests");

    /// <summary>Only what the server said: a failure with a cause is told in words of this side.</summary>
    private static bool Says(RpcException error, string words) =>
        error.Status.DebugException is null && error.Status.Detail.Contains(words, StringComparison.OrdinalIgnoreCase);
}
