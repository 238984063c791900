namespace Registry.Storage.Etcd.Protocol;

/// <summary>The status codes of gRPC, by their public numbers, as far as they are told apart here.</summary>
internal enum GrpcStatus
{
    Ok = 0,
    Cancelled = 1,
    Unknown = 2,
    InvalidArgument = 3,
    DeadlineExceeded = 4,
    NotFound = 5,
    PermissionDenied = 7,
    ResourceExhausted = 8,
    FailedPrecondition = 9,
    OutOfRange = 11,
    Unimplemented = 12,
    Internal = 13,
    Unavailable = 14,
    DataLoss = 15,
    Unauthenticated = 16,
}

/// <summary>A call that was not answered, or answered with an error.</summary>
/// <param name="status">The status, also for what failed before any server could give one.</param>
/// <param name="message">The server's own words, or what went wrong on the way.</param>
/// <param name="reached">False when it is sure that the request reached no server; where true, what it asked for may have been done.</param>
/// <param name="inner">The cause; null where the server answered.</param>
internal sealed class GrpcException(GrpcStatus status, string message, bool reached, Exception? inner = null) : Exception(message, inner)
{
    public GrpcStatus Status { get; } = status;

    public bool Reached { get; } = reached;
}
