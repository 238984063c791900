using System.Net;
using System.Text.Json;
using Google.Apis.Http;
using Registry.Core.Storage;

namespace Registry.Storage.Gcs;

/// <summary>
/// Throws <see cref="GcsException"/> for every error response that is not part of the protocol. The exceptions of
/// Google's library do not contain the retry delay nor, for a download, the reason.
/// </summary>
internal sealed class GcsErrorHandler(HttpMessageHandler connection, TimeProvider time) : DelegatingHandler(connection)
{
    /// <summary>The maximum size of an error response in bytes.</summary>
    private const int MaxResponseBytes = 64 * 1024;

    protected override async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, CancellationToken cancellationToken)
    {
        // Disables the retries of the library, which would repeat an upload immediately and endlessly. GcsRetry handles
        // failures.
        ((IDictionary<string, object?>)request.Options).Remove(ConfigurableMessageHandler.ExceptionHandlerKey);

        // If the server closes the connection before its response, SocketsHttpHandler sends a request without content
        // again. A delete that was applied would then get 404, as if there had been nothing to delete. It never sends
        // content twice, not even an empty one.
        if (request.Method == HttpMethod.Delete)
            request.Content ??= new ByteArrayContent([]);
        var response = await base.SendAsync(request, cancellationToken);
        if (response.StatusCode < HttpStatusCode.BadRequest)
            return response;
        var isPassedOn = false;
        try
        {
            isPassedOn = IsResult(response.StatusCode) && !await IsProxyPageAsync(response, cancellationToken);
            return isPassedOn ? response : throw await ToExceptionAsync(request, response, cancellationToken);
        }
        finally
        {
            if (!isPassedOn)
                response.Dispose();
        }
    }

    /// <summary>The library renews a rejected token. The other statuses are results of the call.</summary>
    private static bool IsResult(HttpStatusCode status) =>
        status is HttpStatusCode.Unauthorized or HttpStatusCode.NotFound
            or HttpStatusCode.Gone or HttpStatusCode.PreconditionFailed;

    /// <summary>
    /// Returns true for an HTML page of a proxy, which says nothing about the object. The response is buffered, so that
    /// a truncated one fails this attempt and not the caller.
    /// </summary>
    private static async Task<bool> IsProxyPageAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        await response.Content.LoadIntoBufferAsync(MaxResponseBytes, cancellationToken);
        if (response.StatusCode != HttpStatusCode.NotFound)
            return false;
        return (await response.Content.ReadAsStringAsync(cancellationToken)).AsSpan().TrimStart().StartsWith('<');
    }

    private async Task<GcsException> ToExceptionAsync(
        HttpRequestMessage request, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var (message, reason) = Parse(await ReadAsync(response, cancellationToken));
        var status = (int)response.StatusCode;
        var path = request.RequestUri?.GetLeftPart(UriPartial.Path);
        var text = $"Google Cloud Storage returned {status} {reason} for {request.Method} {path}: {message}";
        return response.StatusCode switch
        {
            HttpStatusCode.TooManyRequests => Transient(StorageFault.Throttled, mayHaveBeenApplied: false),
            HttpStatusCode.Forbidden when reason is "rateLimitExceeded" or "userRateLimitExceeded" =>
                Transient(StorageFault.Throttled, mayHaveBeenApplied: false),

            // A quota of storage space or of requests. Only for a write can it be the space.
            HttpStatusCode.Forbidden when reason is "quotaExceeded" =>
                Permanent(request.Method == HttpMethod.Get ? StorageFault.Throttled : StorageFault.Full),

            // The response may come from a proxy although the write succeeded.
            HttpStatusCode.NotFound or HttpStatusCode.RequestTimeout or >= HttpStatusCode.InternalServerError =>
                Transient(StorageFault.Unavailable, mayHaveBeenApplied: true),

            HttpStatusCode.BadRequest when IsChecksumError(message) => Permanent(StorageFault.Corrupt),
            _ => Permanent(StorageFault.Denied),
        };

        GcsException Permanent(StorageFault kind) =>
            new(kind, text) { Status = response.StatusCode, RetryAfter = RetryAfterOf(response) };

        GcsException Transient(StorageFault kind, bool mayHaveBeenApplied) => new(kind, text)
        {
            Status = response.StatusCode,
            IsTransient = true,
            MayHaveBeenApplied = mayHaveBeenApplied,
            RetryAfter = RetryAfterOf(response),
        };
    }

    /// <summary>Returns the Retry-After header: seconds, or a date by the clock of the service.</summary>
    private TimeSpan? RetryAfterOf(HttpResponseMessage response)
    {
        if (response.Headers.RetryAfter is not { Date: { } until })
            return response.Headers.RetryAfter?.Delta;
        var pause = until - (response.Headers.Date ?? time.GetUtcNow());
        return pause > TimeSpan.Zero ? pause : null;
    }

    private static async Task<byte[]> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        var bytes = new byte[MaxResponseBytes];
        return bytes[..await body.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellationToken)];
    }

    /// <summary>Parses an error response: usually JSON, but plain text for media.</summary>
    private static (string Message, string Reason) Parse(byte[] text)
    {
        try
        {
            using var json = JsonDocument.Parse(text);
            var error = json.RootElement.GetProperty("error");
            return (
                error.GetProperty("message").GetString() ?? "",
                error.GetProperty("errors")[0].GetProperty("reason").GetString() ?? "");
        }
        catch (Exception exception)
            when (exception is JsonException or KeyNotFoundException
                or InvalidOperationException or IndexOutOfRangeException)
        {
            return (System.Text.Encoding.UTF8.GetString(text), "");
        }
    }

    /// <summary>Returns true for a checksum error. Its reason is only "invalid", so the message is checked.</summary>
    private static bool IsChecksumError(string message) =>
        message.Contains("crc32c", StringComparison.OrdinalIgnoreCase)
            || message.Contains("md5", StringComparison.OrdinalIgnoreCase);
}
