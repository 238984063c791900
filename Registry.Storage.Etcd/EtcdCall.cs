using Google.Protobuf;
using Grpc.Core;

namespace Registry.Storage.Etcd;

/// <summary>A method of a member's gRPC services.</summary>
internal delegate AsyncUnaryCall<TResponse> EtcdMethod<TRequest, TResponse>(
    EtcdMember member, TRequest request, CallOptions options);

/// <summary>Makes a call to one member. It is sent at most once and ends by its deadline.</summary>
internal static class EtcdCall
{
    /// <summary>Makes a member without a leader fail at once instead of keeping the caller waiting.</summary>
    private static readonly Metadata.Entry NeedsLeader = new("hasleader", "true");

    /// <param name="method">The method to call.</param>
    /// <param name="member">The member to call.</param>
    /// <param name="request">The request.</param>
    /// <param name="token">The authentication token; null for none.</param>
    /// <param name="timeout">The time limit for the response, measured by <paramref name="time"/>.</param>
    /// <param name="time">The clock of the deadline.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="RpcException">
    /// The call failed, other than by <paramref name="cancellationToken"/>. The detail describes the error. The debug
    /// exception is null when the server returned the error, and otherwise the cause.
    /// </exception>
    public static async Task<TResponse> MakeAsync<TRequest, TResponse>(
        EtcdMethod<TRequest, TResponse> method,
        EtcdMember member,
        TRequest request,
        string? token,
        TimeSpan timeout,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var timedOut = new CancellationTokenSource(timeout, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timedOut.Token);
        try
        {
            using var call =
                method(member, request, new CallOptions(HeadersOf(token), cancellationToken: linked.Token));
            return await call.ResponseAsync;
        }
        catch (RpcException exception) when (IsCancelled(exception) && cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(exception.Status.Detail, exception, cancellationToken);
        }
        catch (RpcException exception) when (IsCancelled(exception) && timedOut.IsCancellationRequested)
        {
            var detail = $"{member.Endpoint} did not respond in time.";
            throw new RpcException(new Status(StatusCode.DeadlineExceeded, detail, exception));
        }
        catch (RpcException exception) when (exception.Status.DebugException is { } cause)
        {
            throw new RpcException(Explain(exception, cause, member.Endpoint));
        }
    }

    /// <summary>
    /// Returns true when the request certainly reached no server because there was no connection. The only timeout
    /// inside a call is <see cref="SocketsHttpHandler.ConnectTimeout"/>.
    /// </summary>
    public static bool IsUnsent(RpcException error) => error.Status.DebugException switch
    {
        HttpRequestException exception => exception.HttpRequestError is HttpRequestError.ConnectionError
            or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError
            or HttpRequestError.VersionNegotiationError,
        OperationCanceledException cancelled => cancelled.GetBaseException() is TimeoutException,
        _ => false,
    };

    private static bool IsCancelled(RpcException error) => error.StatusCode == StatusCode.Cancelled;

    private static Metadata HeadersOf(string? token) =>
        token is null ? [NeedsLeader] : [NeedsLeader, new("token", token)];

    /// <summary>
    /// Maps errors that the server did not return. For a broken connection the channel derives the status from the
    /// HTTP/2 error code. Some of these, such as <see cref="StatusCode.PermissionDenied"/>, are also returned by etcd.
    /// </summary>
    private static Status Explain(RpcException error, Exception cause, Uri endpoint)
    {
        var reason = cause.GetBaseException().Message;
        if (IsUnsent(error))
            return new Status(StatusCode.Unavailable, $"{endpoint} cannot be reached: {reason}", cause);
        return cause is HttpRequestException or (IOException and not InvalidProtocolBufferException)
            ? new Status(StatusCode.Unavailable, $"{endpoint} broke the connection: {reason}", cause)
            : new Status(error.StatusCode, $"{endpoint}: {error.Status.Detail}", cause);
    }
}
