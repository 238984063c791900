using System.Net;
using System.Text.Json;
using Google.Apis.Http;
using Registry.Core.Storage;

namespace Registry.Storage.Gcs;

/// <summary>
/// Stands between Google's library and the connection, and throws <see cref="GcsException"/> for every answer that is
/// neither success nor a part of the protocol: what the library would make of it tells neither how long to wait nor,
/// for a download, the reason.
/// </summary>
internal sealed class GcsErrorHandler(HttpMessageHandler connection, TimeProvider time) : DelegatingHandler(connection)
{
    /// <summary>No error answer of the service is longer.</summary>
    private const int MaxAnswerBytes = 64 * 1024;

    protected override async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, CancellationToken cancellationToken)
    {
        // What fails goes to whoever has retry for it: an upload of the library would try again at once, and without
        // end.
        ((IDictionary<string, object?>)request.Options).Remove(ConfigurableMessageHandler.ExceptionHandlerKey);
        var response = await base.SendAsync(request, cancellationToken);
        if (response.StatusCode < HttpStatusCode.BadRequest)
            return response;
        var isPassedOn = false;
        try
        {
            isPassedOn = IsForTheCaller(response.StatusCode) && !await IsForeignAsync(response, cancellationToken);
            return isPassedOn ? response : throw await OfAnswerAsync(request, response, cancellationToken);
        }
        finally
        {
            if (!isPassedOn)
                response.Dispose();
        }
    }

    /// <summary>A refused token is renewed by the library; the others answer what was asked.</summary>
    private static bool IsForTheCaller(HttpStatusCode status) =>
        status is HttpStatusCode.Unauthorized or HttpStatusCode.NotFound
            or HttpStatusCode.Gone or HttpStatusCode.PreconditionFailed;

    /// <summary>
    /// True for the page of a machine in between, which knows nothing of objects. The answer is read whole, so that one
    /// that breaks off fails here, as a try, and not where the caller looks at it.
    /// </summary>
    private static async Task<bool> IsForeignAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        await response.Content.LoadIntoBufferAsync(MaxAnswerBytes, cancellationToken);
        if (response.StatusCode != HttpStatusCode.NotFound)
            return false;
        return (await response.Content.ReadAsStringAsync(cancellationToken)).AsSpan().TrimStart().StartsWith('<');
    }

    private async Task<GcsException> OfAnswerAsync(
        HttpRequestMessage request, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var (message, reason) = Parse(await ReadAsync(response, cancellationToken));
        var status = (int)response.StatusCode;
        var path = request.RequestUri?.GetLeftPart(UriPartial.Path);
        var words = $"Google Cloud Storage answered {request.Method} {path} with {status} {reason}: {message}";
        return response.StatusCode switch
        {
            HttpStatusCode.TooManyRequests => Passing(StorageFault.Throttled, mayBeDone: false),
            HttpStatusCode.Forbidden when reason is "rateLimitExceeded" or "userRateLimitExceeded" =>
                Passing(StorageFault.Throttled, mayBeDone: false),

            // The room for objects, or how often they may be asked for: only a write tells that there is no room.
            HttpStatusCode.Forbidden when reason is "quotaExceeded" =>
                Lasting(request.Method == HttpMethod.Get ? StorageFault.Throttled : StorageFault.Full),

            // Such an answer may come from a machine in between, while the write went through behind it.
            HttpStatusCode.NotFound or HttpStatusCode.RequestTimeout or >= HttpStatusCode.InternalServerError =>
                Passing(StorageFault.Unavailable, mayBeDone: true),

            HttpStatusCode.BadRequest when IsChecksum(message) => Lasting(StorageFault.Corrupt),
            _ => Lasting(StorageFault.Denied),
        };

        GcsException Lasting(StorageFault kind) =>
            new(kind, words) { Status = response.StatusCode, RetryAfter = RetryAfterOf(response) };

        GcsException Passing(StorageFault kind, bool mayBeDone) => new(kind, words)
        {
            Status = response.StatusCode,
            IsTransient = true,
            MayHaveBeenApplied = mayBeDone,
            RetryAfter = RetryAfterOf(response),
        };
    }

    /// <summary>Seconds, or a date by the clock of the service.</summary>
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
        var bytes = new byte[MaxAnswerBytes];
        return bytes[..await body.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellationToken)];
    }

    /// <summary>A refusal is JSON as a rule, and plain text for media.</summary>
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
        catch (Exception other)
            when (other is JsonException or KeyNotFoundException
                or InvalidOperationException or IndexOutOfRangeException)
        {
            return (System.Text.Encoding.UTF8.GetString(text), "");
        }
    }

    /// <summary>The reason of such a refusal is only "invalid": its words have to be read.</summary>
    private static bool IsChecksum(string message) =>
        message.Contains("crc32c", StringComparison.OrdinalIgnoreCase)
            || message.Contains("md5", StringComparison.OrdinalIgnoreCase);
}
