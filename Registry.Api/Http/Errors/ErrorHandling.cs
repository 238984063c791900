using Microsoft.Net.Http.Headers;
using Registry.Api.Http.Transfers;
using Registry.Core.Errors;
using Registry.Core.Storage;

namespace Registry.Api.Http.Errors;

/// <summary>
/// Turns every exception, and every bare status that the framework leaves (404, 405, 413, 415), into an error body. An
/// answer that is already under way cannot be mended: its connection is broken, so that nobody takes half of it for the
/// whole. Stands outside everything that may fail, and inside CORS, whose header stays on errors.
/// </summary>
internal sealed partial class ErrorHandling(RequestDelegate next, FaultLog faults, ILogger<ErrorHandling> logger)
{
    /// <summary>Handles one request.</summary>
    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
            await GiveBodyAsync(context);
        }
        catch (Exception e) when (IsClientGone(context, e))
        {
            context.Abort();
        }
        catch (Exception e)
        {
            var answer = Judge(e);
            if (context.Response.HasStarted)
            {
                if (IsFirst(e, context.Request, context.Response.StatusCode))
                    LogBroken(e, context.Request.Method, context.Request.Path);
                context.Abort();
                return;
            }

            if (answer.Status >= StatusCodes.Status500InternalServerError)
                Log(e, context.Request, answer.Status);
            await ErrorWriter.WriteAsync(context, answer);
        }
    }

    /// <summary>
    /// Logs a refusal of the registry with its reason, and any other fault with its stack. Repetitions are left to
    /// <see cref="FaultLog"/>.
    /// </summary>
    private void Log(Exception e, HttpRequest request, int status)
    {
        if (!IsFirst(e, request, status))
            return;
        if (e is RegistryException refusal)
            LogRefused(request.Method, request.Path, status, refusal.Message);
        else
            LogFault(e, request.Method, request.Path, status);
    }

    private bool IsFirst(Exception e, HttpRequest request, int status) =>
        faults.IsFirst(e, $"{request.Method} {request.Path}", status);

    private static ErrorAnswer Judge(Exception e) => e switch
    {
        RegistryException refusal => ErrorTable.Of(refusal),
        StorageException fault => ErrorTable.Of(fault),
        BadHttpRequestException request => ErrorTable.OfStatus(request.StatusCode),
        _ => ErrorTable.OfStatus(StatusCodes.Status500InternalServerError),
    };

    /// <summary>
    /// A client that hung up, or was cut while it read, gets no answer. Kestrel cancels the token some time after the
    /// exception.
    /// </summary>
    private static bool IsClientGone(HttpContext context, Exception e) =>
        (context.RequestAborted.IsCancellationRequested
            && e is OperationCanceledException or IOException or BadHttpRequestException)
        || (context.Response.HasStarted
            && e is OperationCanceledException
            && RequestTransfer.Of(context).CutReason is not null);

    private static async Task GiveBodyAsync(HttpContext context)
    {
        var response = context.Response;
        if (response.HasStarted || response.StatusCode < StatusCodes.Status400BadRequest
            || response.ContentLength is not null || !string.IsNullOrEmpty(response.ContentType))
            return;
        if (response.StatusCode == StatusCodes.Status405MethodNotAllowed)
        {
            // Routing knows which methods a route has and takes OPTIONS, which every route answers, for a wrong one.
            var methods = response.Headers.GetCommaSeparatedValues(HeaderNames.Allow);
            response.Headers.Allow = string.Join(", ", [.. methods, HttpMethods.Options]);
            if (HttpMethods.IsOptions(context.Request.Method))
            {
                response.StatusCode = StatusCodes.Status204NoContent;
                return;
            }
        }

        await ErrorWriter.WriteAsync(context, ErrorTable.OfStatus(response.StatusCode));
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Method} {Path} refused with {Status}: {Reason}")]
    private partial void LogRefused(string method, PathString path, int status, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} {Path} failed with {Status}")]
    private partial void LogFault(Exception fault, string method, PathString path, int status);

    [LoggerMessage(
        Level = LogLevel.Error, Message = "{Method} {Path} failed in the midst of its answer: connection broken")]
    private partial void LogBroken(Exception fault, string method, PathString path);
}
