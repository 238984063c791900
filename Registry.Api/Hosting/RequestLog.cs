namespace Registry.Api.Hosting;

/// <summary>One line for each request, when it is over. The query stays out of it: a workspace may hold a password. So do headers and bodies.</summary>
internal sealed class RequestLog(RequestDelegate next, TimeProvider time, ILogger<RequestLog> logger)
{
    private static readonly EventId Event = new(1, "Request");

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
            if (logger.IsEnabled(LogLevel.Information))
            {
                var line = new RequestLine(
                    context.Request.Method,
                    context.Request.Path.ToString(),
                    context.Response.StatusCode,
                    context.Response.ContentLength,
                    time.GetElapsedTime(began).TotalMilliseconds,
                    context.RequestAborted.IsCancellationRequested);
                logger.Log(LogLevel.Information, Event, line, exception: null, static (request, _) => request.ToString());
            }
        }
    }
}
