using Microsoft.AspNetCore.Http.Features;
using Registry.Api.Hosting;
using Registry.Core.Transfers;

namespace Registry.Api.Http.Transfers;

/// <summary>Puts one rule on every body, in and out: its client may stall for so long and no longer. It takes the place of Kestrel's minimum data rates.</summary>
internal sealed partial class TransferWatch(
    RequestDelegate next, TransferBudget budget, TransferSettings settings, TimeProvider time, ILogger<TransferWatch> logger)
{
    private readonly TimeSpan stall = settings.Stall;

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

        try
        {
            await next(context);
        }
        finally
        {
            transfer.Response.Detach();
            if (transfer.CutReason is { } reason)
                LogCut(context.Request.Method, context.Request.Path, reason);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Method} {Path}: transfer cut, {Reason}")]
    private partial void LogCut(string method, PathString path, string reason);
}
