using Registry.Api.Access;
using Registry.Api.Http.Transfers;
using Registry.Api.Logging;

namespace Registry.Api.Hosting;

/// <summary>
/// Logs one line for each request when it ends, without the query, because a workspace may contain a password,
/// without headers and bodies, and without the secret of a token in the path.
/// </summary>
internal sealed partial class RequestLog(RequestDelegate next, TimeProvider time, ILogger<RequestLog> logger)
{
    /// <summary>The status that nginx logs for a client that disconnects before a response; never sent.</summary>
    private const int ClientClosedRequest = 499;

    /// <summary>Handles one request.</summary>
    public Task InvokeAsync(HttpContext context) =>
        logger.IsEnabled(LogLevel.Information) ? LogAsync(context) : next(context);

    private async Task LogAsync(HttpContext context)
    {
        var began = time.GetTimestamp();
        var response = RequestTransfer.Of(context).Response;
        try
        {
            await next(context);
        }
        finally
        {
            var client = RequestCaller.AddressOf(context) ?? "unknown";
            var path = LogPath.Of(context.Request);
            var aborted = response.IsAborted;
            var status = aborted && !context.Response.HasStarted ? ClientClosedRequest : context.Response.StatusCode;
            var milliseconds = time.GetElapsedTime(began).TotalMilliseconds;
            var result = aborted ? "aborted" : "complete";
            var method = LogText.Shorten(context.Request.Method);
            LogRequest(client, method, path, status, result, response.Bytes, milliseconds);
        }
    }

    [LoggerMessage(
        Level = LogLevel.Information,
        Message = "{Client} {Method} {Path} {Status} {Result}, {Bytes} bytes in {Milliseconds:F1} ms")]
    private partial void LogRequest(
        string client, string method, string path, int status, string result, long bytes, double milliseconds);
}
