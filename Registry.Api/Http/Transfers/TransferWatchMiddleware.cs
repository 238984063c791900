using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Registry.Api.Logging;
using Registry.Core.Transfers;

namespace Registry.Api.Http.Transfers;

/// <summary>
/// Limits how long a client may stall while it sends a request body or reads a response. Replaces Kestrel's minimum
/// data rates.
/// </summary>
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
        if (features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: true })
        {
            var reader = new WatchedReader(context.Request.BodyReader, transfer);
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
            if (transfer.AbortReason is { } reason)
            {
                var path = LogPath.Of(context.Request);
                LogAborted(context.Request.Method, path, reason);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Method} {Path}: transfer aborted: {Reason}")]
    private partial void LogAborted(string method, string path, string reason);
}
