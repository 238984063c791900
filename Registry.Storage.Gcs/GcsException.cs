using System.Net;
using System.Text.Json;
using Registry.Core.Storage;

namespace Registry.Storage.Gcs;

/// <summary>One try of one request failed. It never leaves this project: <see cref="ToStorage"/> does.</summary>
internal sealed class GcsException(StorageFault kind, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>No error answer of the service is longer.</summary>
    private const int MaxAnswerBytes = 64 * 1024;

    public StorageFault Kind { get; } = kind;

    /// <summary>True when another try may succeed.</summary>
    public bool MayPass { get; init; }

    /// <summary>True when the request may have been carried out all the same.</summary>
    public bool MayBeDone { get; init; }

    /// <summary>True when the time of the try was over before anything was answered.</summary>
    public bool IsLate { get; init; }

    /// <summary>How long the service asks to be left alone; null where it does not say.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The connection failed, or nobody answered in time.</summary>
    /// <param name="what">The request, for the log.</param>
    /// <param name="sent">False when it is certain that the request was not sent.</param>
    /// <param name="inner">How it showed.</param>
    public static GcsException OfConnection(string what, bool sent, Exception inner) =>
        new(StorageFault.Unavailable, $"No answer to {what}: {inner.Message}", inner) { MayPass = true, MayBeDone = sent };

    /// <summary>The service refused, in a way that is no answer to the question.</summary>
    /// <param name="what">The request, for the log.</param>
    /// <param name="response">The refusal; its body is read here.</param>
    /// <param name="ct">Cancels reading it.</param>
    public static async Task<GcsException> OfAnswerAsync(string what, HttpResponseMessage response, CancellationToken ct)
    {
        var text = await ReadAsync(response, ct);
        var (message, reason) = Parse(text);
        var status = (int)response.StatusCode;
        var words = $"Google Cloud Storage answered {what} with {status} {reason}: {message}";
        return response.StatusCode switch
        {
            HttpStatusCode.TooManyRequests => Throttled(),
            HttpStatusCode.Forbidden when reason is "rateLimitExceeded" or "userRateLimitExceeded" => Throttled(),
            HttpStatusCode.Forbidden when reason is "quotaExceeded" => new GcsException(StorageFault.Full, words),
            HttpStatusCode.RequestTimeout => Unavailable(),
            _ when status >= 500 => Unavailable(),
            HttpStatusCode.BadRequest when IsChecksum(message) => new GcsException(StorageFault.Corrupt, words),
            _ => new GcsException(StorageFault.Denied, words),
        };

        GcsException Throttled() =>
            new(StorageFault.Throttled, words) { MayPass = true, RetryAfter = response.Headers.RetryAfter?.Delta };

        // An answer of 5xx may come from a machine in between, while the write went through behind it.
        GcsException Unavailable() =>
            new(StorageFault.Unavailable, words) { MayPass = true, MayBeDone = true, RetryAfter = response.Headers.RetryAfter?.Delta };
    }

    /// <summary>The message of a refusal, which is JSON as a rule and plain text for media.</summary>
    public static async Task<string> MessageOfAsync(HttpResponseMessage response, CancellationToken ct) => Parse(await ReadAsync(response, ct)).Message;

    public StorageException ToStorage() => new(Kind, Message, this);

    private static async Task<byte[]> ReadAsync(HttpResponseMessage response, CancellationToken ct)
    {
        await using var body = await response.Content.ReadAsStreamAsync(ct);
        var bytes = new byte[MaxAnswerBytes];
        return bytes[..await body.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, ct)];
    }

    private static (string Message, string Reason) Parse(byte[] text)
    {
        try
        {
            var error = JsonSerializer.Deserialize(text, GcsJson.Default.GcsErrorAnswer)?.Error;
            return (error?.Message ?? "", error?.Errors?.FirstOrDefault()?.Reason ?? "");
        }
        catch (JsonException)
        {
            return (System.Text.Encoding.UTF8.GetString(text), "");
        }
    }

    /// <summary>The reason of such a refusal is only "invalid": its words have to be read.</summary>
    private static bool IsChecksum(string message) =>
        message.Contains("crc32c", StringComparison.OrdinalIgnoreCase) || message.Contains("md5", StringComparison.OrdinalIgnoreCase);
}
