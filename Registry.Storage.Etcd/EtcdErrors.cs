using Registry.Core.Storage;
using Registry.Storage.Etcd.Protocol;

namespace Registry.Storage.Etcd;

/// <summary>
/// What etcd's errors mean to the registry. etcd gives several meanings to one status: the words of its public list of errors (rpctypes) tell
/// them apart.
/// </summary>
internal static class EtcdErrors
{
    /// <summary>The login is not known (any more), or older than a change of the users: log in again. Nothing was done.</summary>
    public static bool AsksForLogin(GrpcException error) =>
        error.Status == GrpcStatus.Unauthenticated || Says(error, "revision of auth store is old");

    /// <summary>The revision that was asked for has been compacted away, or, after a restore of an older state, not been given yet.</summary>
    public static bool IsNoRevision(GrpcException error) =>
        error.Status == GrpcStatus.OutOfRange && (Says(error, "compacted") || Says(error, "future revision"));

    /// <summary>The fault lies with the endpoint: another may do better.</summary>
    public static bool IsOfEndpoint(GrpcException error) =>
        error.Status is GrpcStatus.Unavailable or GrpcStatus.DeadlineExceeded or GrpcStatus.Cancelled or GrpcStatus.Unknown or GrpcStatus.Internal
            or GrpcStatus.Unimplemented
        && !IsThrottled(error);

    /// <summary>True when the request has surely changed nothing, so that a write may be tried again.</summary>
    public static bool ChangedNothing(GrpcException error) => !error.Reached || (error.Status == GrpcStatus.Unavailable && Says(error, "no leader"));

    /// <summary>The one exception of the ports.</summary>
    public static StorageException ToStorage(GrpcException error)
    {
        var (kind, hint) = Judge(error);
        return new StorageException(kind, $"etcd: {error.Message}{(hint is null ? "" : $" ({hint})")}", error);
    }

    private static (StorageFault Kind, string? Hint) Judge(GrpcException error) => error.Status switch
    {
        _ when Says(error, "space exceeded") => (
            StorageFault.Full, "the backend quota is reached: compact, defragment, disarm the alarm; or raise --quota-backend-bytes"),
        _ when IsThrottled(error) => (StorageFault.Throttled, null),
        _ when Says(error, "too large") || Says(error, "larger than max") => (
            StorageFault.Denied, "--max-request-bytes must be at least its default, 1.5 MiB"),
        GrpcStatus.PermissionDenied => (StorageFault.Denied, "the user needs read and write permission on the prefix"),
        GrpcStatus.Unauthenticated => (StorageFault.Denied, null),
        GrpcStatus.InvalidArgument when Says(error, "user name is empty") => (StorageFault.Denied, "the server asks for a login: set ETCD__USERNAME and ETCD__PASSWORD"),
        GrpcStatus.InvalidArgument when Says(error, "authentication failed") => (StorageFault.Denied, "ETCD__USERNAME or ETCD__PASSWORD is wrong"),
        GrpcStatus.FailedPrecondition when Says(error, "authentication is not enabled") => (
            StorageFault.Denied, "ETCD__USERNAME is set, but the server knows no users: enable its authentication or unset the user"),
        GrpcStatus.InvalidArgument or GrpcStatus.FailedPrecondition => (StorageFault.Denied, null),
        GrpcStatus.Unimplemented => (StorageFault.Denied, "this is no etcd of version 3.4 or later"),
        GrpcStatus.DataLoss or GrpcStatus.OutOfRange => (StorageFault.Corrupt, null),
        _ => (StorageFault.Unavailable, null),
    };

    private static bool IsThrottled(GrpcException error) => Says(error, "too many requests");

    private static bool Says(GrpcException error, string words) => error.Message.Contains(words, StringComparison.OrdinalIgnoreCase);
}
