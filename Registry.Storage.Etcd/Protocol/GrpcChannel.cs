using System.Net;
using Google.Protobuf;

namespace Registry.Storage.Etcd.Protocol;

/// <summary>Unary gRPC calls over HTTP/2, each to the endpoint that it names. Owns the connections.</summary>
internal sealed class GrpcChannel(HttpMessageHandler handler, string? authority, TimeProvider time) : IDisposable
{
    private readonly HttpMessageInvoker http = new(handler, disposeHandler: true);

    /// <summary>Makes one call, once.</summary>
    /// <param name="endpoint">Which member to ask.</param>
    /// <param name="method">What to ask.</param>
    /// <param name="request">The question.</param>
    /// <param name="token">Of the login; null for none.</param>
    /// <param name="timeout">How long the answer may take.</param>
    /// <param name="ct">Cancels the call.</param>
    /// <exception cref="GrpcException">Every failure but a cancellation by <paramref name="ct"/>.</exception>
    public async Task<TResponse> CallAsync<TRequest, TResponse>(
        Uri endpoint, GrpcMethod<TRequest, TResponse> method, TRequest request, string? token, TimeSpan timeout, CancellationToken ct)
        where TRequest : IMessage
        where TResponse : class, IMessage<TResponse>
    {
        ct.ThrowIfCancellationRequested();
        using var late = new CancellationTokenSource(timeout, time);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(ct, late.Token);
        try
        {
            using var message = ToMessage(endpoint, method, request, token, timeout);
            using var response = await http.SendAsync(message, ended.Token);
            return await ReadAsync(response, method, ended.Token);
        }
        catch (OperationCanceledException wrong) when (!ct.IsCancellationRequested)
        {
            // Before the deadline it is the handler that gave up, and only while it was connecting.
            throw new GrpcException(GrpcStatus.DeadlineExceeded, $"{endpoint} did not answer in time.", reached: late.IsCancellationRequested, wrong);
        }
        catch (HttpRequestException wrong)
        {
            var connected = wrong.HttpRequestError is not (HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError
                or HttpRequestError.SecureConnectionError or HttpRequestError.VersionNegotiationError);
            throw new GrpcException(GrpcStatus.Unavailable, $"{endpoint} {(connected ? "broke the connection" : "cannot be reached")}: {Innermost(wrong)}", connected, wrong);
        }
        catch (IOException wrong)
        {
            throw new GrpcException(GrpcStatus.Unavailable, $"{endpoint} broke the connection: {Innermost(wrong)}", reached: true, wrong);
        }
        catch (InvalidDataException wrong)
        {
            throw new GrpcException(GrpcStatus.Internal, $"{endpoint}: {wrong.Message}", reached: true, wrong);
        }
    }

    public void Dispose() => http.Dispose();

    private static async ValueTask<TResponse> ReadAsync<TRequest, TResponse>(
        HttpResponseMessage response, GrpcMethod<TRequest, TResponse> method, CancellationToken ct)
        where TRequest : IMessage
        where TResponse : class, IMessage<TResponse>
    {
        // An error comes as a rule with headers alone.
        if (GrpcFrame.StatusOf(response.Headers) is { } early && early.Status != GrpcStatus.Ok)
            throw new GrpcException(early.Status, early.Message, reached: true);
        if (response.StatusCode != HttpStatusCode.OK)
            throw new GrpcException(GrpcFrame.StatusOf(response.StatusCode), $"HTTP status {(int)response.StatusCode}, which is not gRPC.", reached: true);

        var body = await response.Content.ReadAsStreamAsync(ct);
        var answer = await GrpcFrame.ReadAsync(body, method.Parser, ct);
        var (status, text) = GrpcFrame.StatusOf(response.TrailingHeaders) ?? GrpcFrame.StatusOf(response.Headers)
            ?? throw new InvalidDataException("The answer has no gRPC status.");
        if (status != GrpcStatus.Ok)
            throw new GrpcException(status, text, reached: true);
        return answer ?? throw new InvalidDataException("The answer holds no message.");
    }

    private static string Innermost(Exception wrong) => wrong.GetBaseException().Message;

    private HttpRequestMessage ToMessage<TRequest, TResponse>(
        Uri endpoint, GrpcMethod<TRequest, TResponse> method, TRequest request, string? token, TimeSpan timeout)
        where TRequest : IMessage
        where TResponse : class, IMessage<TResponse>
    {
        var message = new HttpRequestMessage(HttpMethod.Post, new Uri(endpoint, method.Path))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = GrpcFrame.ToContent(request),
        };
        message.Headers.Host = authority;
        message.Headers.TryAddWithoutValidation("te", "trailers");
        message.Headers.TryAddWithoutValidation("grpc-timeout", GrpcFrame.Timeout(timeout));

        // A member that sees no leader says so at once, instead of keeping us waiting.
        message.Headers.TryAddWithoutValidation("hasleader", "true");
        if (token is not null)
            message.Headers.TryAddWithoutValidation("token", token);
        return message;
    }
}
