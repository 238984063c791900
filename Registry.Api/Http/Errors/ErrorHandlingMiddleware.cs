using Microsoft.AspNetCore.Connections;
using Microsoft.Net.Http.Headers;
using Registry.Api.Http.Transfers;
using Registry.Api.Logging;
using Registry.Core.Errors;
using Registry.Core.Storage;

namespace Registry.Api.Http.Errors;

/// <summary>
/// Turns every exception, and every status that the framework sets without a body (404, 405, 413, 415), into an error
/// response. If the response has started, the connection is aborted, so that no client mistakes a part for the whole.
/// Runs outside everything that may fail, and inside CORS, whose header stays on errors.
/// </summary>
internal sealed partial class ErrorHandlingMiddleware(
    RequestDelegate next, FaultLog faults, ILogger<ErrorHandlingMiddleware> logger)
{
    /// <summary>Handles one request.</summary>
    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
            await WriteMissingBodyAsync(context);
        }
        catch (Exception exception) when (IsClientGone(context, exception))
        {
            context.Abort();
        }
        catch (Exception exception)
        {
            if (context.Response.HasStarted)
            {
                if (IsFirst(exception, context.Request, context.Response.StatusCode))
                    LogBroken(exception, context.Request.Method, LogPath.Of(context.Request));
                RequestTransfer.Of(context).Fail();
                context.Abort();
                return;
            }

            var protocol = ApiProtocol.Of(context);
            var error = ErrorOf(exception, protocol.Errors);
            if (error.Status >= StatusCodes.Status500InternalServerError)
                Log(exception, context.Request, error.Status);
            await ErrorWriter.WriteAsync(context, protocol, error);
        }
    }

    /// <summary>
    /// Logs a rejection of the registry with its reason, and any fault of the storage with its stack trace. Repetitions
    /// are left to <see cref="FaultLog"/>.
    /// </summary>
    private void Log(Exception e, HttpRequest request, int status)
    {
        if (!IsFirst(e, request, status))
            return;
        if (e is RegistryException { InnerException: null } refusal)
            LogRefused(request.Method, LogPath.Of(request), status, refusal.Message);
        else
            LogFault(e, request.Method, LogPath.Of(request), status);
    }

    private bool IsFirst(Exception e, HttpRequest request, int status) =>
        faults.IsFirst(e, $"{request.Method} {LogPath.Of(request)}", status);

    private static ErrorResponse ErrorOf(Exception e, ErrorTable errors) => e switch
    {
        RegistryException refusal => errors.Of(refusal),
        StorageException fault => errors.Of(fault),
        BadHttpRequestException request => errors.OfStatus(request.StatusCode),
        _ => errors.OfStatus(StatusCodes.Status500InternalServerError),
    };

    /// <summary>
    /// Whether the client has disconnected, or was disconnected while it read or because the process stops: it gets no
    /// response. Kestrel cancels the token some time after the exception. Only connections of clients throw those of a
    /// reset and of an abort, and the body wraps the latter.
    /// </summary>
    private static bool IsClientGone(HttpContext context, Exception e) =>
        e is ConnectionResetException
        || e.GetBaseException() is ConnectionAbortedException
        || (context.RequestAborted.IsCancellationRequested
            && e is OperationCanceledException or IOException or BadHttpRequestException)
        || (context.Response.HasStarted
            && e is OperationCanceledException
            && RequestTransfer.Of(context).AbortReason is not null);

    private static async Task WriteMissingBodyAsync(HttpContext context)
    {
        var response = context.Response;
        if (response.HasStarted || response.StatusCode < StatusCodes.Status400BadRequest
            || response.ContentLength is not null || !string.IsNullOrEmpty(response.ContentType))
            return;
        if (response.StatusCode == StatusCodes.Status405MethodNotAllowed)
        {
            // Routing knows the methods of a route, but treats OPTIONS, which every route supports, as a wrong one.
            var methods = response.Headers.GetCommaSeparatedValues(HeaderNames.Allow);
            response.Headers.Allow = string.Join(", ", [.. methods, HttpMethods.Options]);
            if (HttpMethods.IsOptions(context.Request.Method))
            {
                response.StatusCode = StatusCodes.Status204NoContent;
                return;
            }
        }

        await ErrorWriter.WriteAsync(context, response.StatusCode);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Method} {Path} refused with {Status}: {Reason}")]
    private partial void LogRefused(string method, string path, int status, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} {Path} failed with {Status}")]
    private partial void LogFault(Exception fault, string method, string path, int status);

    [LoggerMessage(
        Level = LogLevel.Error, Message = "{Method} {Path} failed while sending the response: connection aborted")]
    private partial void LogBroken(Exception fault, string method, string path);
}
