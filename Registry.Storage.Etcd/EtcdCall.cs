using Google.Protobuf;
using Grpc.Core;

namespace Registry.Storage.Etcd;

/// <summary>A method of a member's services.</summary>
internal delegate AsyncUnaryCall<TResponse> EtcdMethod<TRequest, TResponse>(
    EtcdMember member, TRequest request, CallOptions options);

/// <summary>One call to one member: sent at most once, and over by its deadline.</summary>
internal static class EtcdCall
{
    /// <summary>A member that sees no leader says so at once, instead of keeping the caller waiting.</summary>
    private static readonly Metadata.Entry NeedsLeader = new("hasleader", "true");

    /// <param name="method">What to call.</param>
    /// <param name="member">Which member to ask.</param>
    /// <param name="request">What to ask.</param>
    /// <param name="token">Of the login; null for none.</param>
    /// <param name="timeout">How long the answer may take, by <paramref name="time"/>.</param>
    /// <param name="time">The clock of the deadline.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="RpcException">
    /// Every failure but a cancellation by <paramref name="cancellationToken"/>. Its detail says what went wrong.
    /// Its debug exception is null where the server said so, and otherwise the cause.
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
        using var late = new CancellationTokenSource(timeout, time);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        try
        {
            using var call = method(member, request, new CallOptions(HeadersOf(token), cancellationToken: ended.Token));
            return await call.ResponseAsync;
        }
        catch (RpcException error) when (IsCancelled(error) && cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(error.Status.Detail, error, cancellationToken);
        }
        catch (RpcException error) when (IsCancelled(error) && late.IsCancellationRequested)
        {
            var detail = $"{member.Endpoint} did not answer in time.";
            throw new RpcException(new Status(StatusCode.DeadlineExceeded, detail, error));
        }
        catch (RpcException error) when (error.Status.DebugException is { } cause)
        {
            throw new RpcException(Explain(error, cause, member.Endpoint));
        }
    }

    /// <summary>
    /// True when it is sure that the request reached no server: there was no connection to send it on.
    /// The only time-out below a call is that of <see cref="SocketsHttpHandler.ConnectTimeout"/>.
    /// </summary>
    public static bool IsUnsent(RpcException error) => error.Status.DebugException switch
    {
        HttpRequestException wrong => wrong.HttpRequestError is HttpRequestError.ConnectionError
            or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError
            or HttpRequestError.VersionNegotiationError,
        OperationCanceledException ended => ended.GetBaseException() is TimeoutException,
        _ => false,
    };

    private static bool IsCancelled(RpcException error) => error.StatusCode == StatusCode.Cancelled;

    private static Metadata HeadersOf(string? token) =>
        token is null ? [NeedsLeader] : [NeedsLeader, new("token", token)];

    /// <summary>
    /// For a broken connection the channel gives the status that the error code of HTTP/2 stands for.
    /// Some of these, such as <see cref="StatusCode.PermissionDenied"/>, are answers of etcd as well.
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
