using System.Collections;
using System.Globalization;

namespace Registry.Api.Hosting;

/// <summary>One line for each request, when it is over. The query stays out of it: a workspace may hold a password. So do headers and bodies.</summary>
internal sealed class RequestLog(RequestDelegate next, TimeProvider time, ILogger<RequestLog> logger)
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
            if (logger.IsEnabled(LogLevel.Information))
                logger.Log(LogLevel.Information, new EventId(1, "Request"), Line.Of(context, time.GetElapsedTime(began)), null, Line.Format);
        }
    }

    /// <summary>The line, and its parts for a log that keeps them apart. By hand: it is the one thing that every request logs.</summary>
    private readonly struct Line : IReadOnlyList<KeyValuePair<string, object?>>
    {
        public static readonly Func<Line, Exception?, string> Format = static (line, _) => line.ToString();

        private readonly string method;
        private readonly PathString path;
        private readonly int status;
        private readonly long? bytes;
        private readonly double milliseconds;
        private readonly bool aborted;

        private Line(HttpContext context, TimeSpan elapsed)
        {
            (method, path) = (context.Request.Method, context.Request.Path);
            (status, bytes) = (context.Response.StatusCode, context.Response.ContentLength);
            (milliseconds, aborted) = (elapsed.TotalMilliseconds, context.RequestAborted.IsCancellationRequested);
        }

        public int Count => 7;

        public KeyValuePair<string, object?> this[int index] => index switch
        {
            0 => new("Method", method),
            1 => new("Path", path),
            2 => new("Status", status),
            3 => new("Bytes", bytes),
            4 => new("Milliseconds", milliseconds),
            5 => new("Aborted", aborted),
            6 => new("{OriginalFormat}", "{Method} {Path} {Status} {Bytes} bytes in {Milliseconds:F1} ms, aborted {Aborted}"),
            _ => throw new ArgumentOutOfRangeException(nameof(index)),
        };

        public static Line Of(HttpContext context, TimeSpan elapsed) => new(context, elapsed);

        public override string ToString() => bytes is { } length
            ? string.Create(CultureInfo.InvariantCulture, $"{method} {path.ToString()} {status} {length} bytes in {milliseconds:F1} ms, aborted {aborted}")
            : string.Create(CultureInfo.InvariantCulture, $"{method} {path.ToString()} {status} (null) bytes in {milliseconds:F1} ms, aborted {aborted}");

        public IEnumerator<KeyValuePair<string, object?>> GetEnumerator()
        {
            for (var i = 0; i < Count; i++)
                yield return this[i];
        }

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
