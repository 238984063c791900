namespace Registry.Api.Hosting;

/// <summary>One line for each request, when it is over. The query stays out of it: a workspace may hold a password. So do headers and bodies.</summary>
internal sealed partial class RequestLog(RequestDelegate next, TimeProvider time, ILogger<RequestLog> logger)
{
    /// <summary>Handles one request.</summary>
    public async Task InvokeAsync(HttpContext context)
    {
        var began = time.GetTimestamp();
        try
        {
            await next(context);
        }
        finally
        {
            Log(
                context.Request.Method,
                context.Request.Path,
                context.Response.StatusCode,
                context.Response.ContentLength,
                time.GetElapsedTime(began).TotalMilliseconds,
                context.RequestAborted.IsCancellationRequested);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Method} {Path} {Status} {Bytes} bytes in {Milliseconds:F1} ms, aborted {Aborted}")]
    private partial void Log(string method, PathString path, int status, long? bytes, double milliseconds, bool aborted);
}
