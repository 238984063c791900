using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Registry.Api.Logging;
using Registry.Core.Transfers;

namespace Registry.Api.Http.Transfers;

/// <summary>
/// Limits how long a client may stall while it sends a request body or reads a response. Replaces Kestrel's minimum
/// data rates. Ends connections whose request body was not read to its end.
/// </summary>
/// <remarks>
/// If a client disconnects, Kestrel does not drop the rest of a body, but executes it as the next request: past the
/// check of its origin, and past the rules of a proxy. So no middleware before this one responds.
/// </remarks>
internal sealed partial class TransferWatchMiddleware(
    RequestDelegate next,
    TransferBudget budget,
    TransferOptions options,
    TimeProvider time,
    ILogger<TransferWatchMiddleware> logger)
{
    private readonly TimeSpan stall = options.Stall;

    /// <summary>
    /// Returns the minimum data rate that Kestrel applies once a request has ended, when the last bytes of the response
    /// are still in its buffers.
    /// </summary>
    /// <param name="stall">How long a client may stall.</param>
    public static MinDataRate FinalRate(TimeSpan stall)
    {
        const double BytesPerSecond = 240;
        var shortest = TimeSpan.FromSeconds(2);
        return new MinDataRate(BytesPerSecond, stall > shortest ? stall : shortest);
    }

    /// <summary>Handles one request.</summary>
    public async Task InvokeAsync(HttpContext context)
    {
        var features = context.Features;
        using var transfer = new RequestTransfer(context, budget, stall, time);
        features.Set(transfer);
        WatchedReader? reader = null;
        if (features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: true })
        {
            reader = new WatchedReader(context.Request.BodyReader, transfer);
            context.Response.OnStarting(() => AnnounceCloseAsync(context, reader));
            context.Request.Body = reader.AsStream(leaveOpen: true);
            features.Set<IRequestBodyPipeFeature>(reader);
        }

        // Kestrel's rate counts only some of the bytes that move, so it is switched off for this response.
        var rate = features.Get<IHttpMinResponseDataRateFeature>();
        var finalRate = rate?.MinDataRate;
        if (rate is not null)
            rate.MinDataRate = null;
        try
        {
            await next(context);
        }
        finally
        {
            if (rate is not null)
                rate.MinDataRate = finalRate;
            transfer.Response.Detach();
            // Not only if the client is known to have left: that is known too late.
            if (reader is not null && LeavesBody(context.Request, reader))
                features.GetRequiredFeature<IConnectionLifetimeNotificationFeature>().RequestClose();
            if (transfer.AbortReason is { } reason)
            {
                var path = LogPath.Of(context.Request);
                LogAborted(context.Request.Method, path, reason);
            }
        }
    }

    /// <summary>Tells the client, or a proxy, not to use the connection again. It would be closed meanwhile.</summary>
    private static Task AnnounceCloseAsync(HttpContext context, WatchedReader reader)
    {
        // No endpoint reads after its response has started.
        if (LeavesBody(context.Request, reader))
            context.Response.Headers.Connection = "close";
        return Task.CompletedTask;
    }

    /// <summary>Whether a part of the body may be taken for a request, as over HTTP/1 only.</summary>
    private static bool LeavesBody(HttpRequest request, WatchedReader reader) =>
        (HttpProtocol.IsHttp11(request.Protocol) || HttpProtocol.IsHttp10(request.Protocol)) && !reader.TrySkip();

    [LoggerMessage(Level = LogLevel.Information, Message = "{Method} {Path}: transfer aborted: {Reason}")]
    private partial void LogAborted(string method, string path, string reason);
}
