using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Net.Http.Headers;
using Registry.Api.Http.Errors;

namespace Registry.Api.Http;

/// <summary>
/// Answers with JSON that is whole in memory, gzipped where the client takes it and it pays. What GET and HEAD find has a strong
/// <c>ETag</c> made from the bytes, another for each encoding, and <c>If-None-Match</c> gets 304.
/// </summary>
/// <param name="json">The body.</param>
internal sealed class JsonBody(ReadOnlyMemory<byte> json) : IActionResult
{
    /// <summary>Below this many bytes gzip saves no packet.</summary>
    private const int MinGzipBytes = 1400;

    /// <summary>The status.</summary>
    /// <value>Default: 200. Any other has no ETag.</value>
    public int Status { get; init; } = StatusCodes.Status200OK;

    /// <summary>Writes a value as JSON.</summary>
    public static JsonBody Of<T>(T value, JsonTypeInfo<T> type, int status = StatusCodes.Status200OK) =>
        new(JsonSerializer.SerializeToUtf8Bytes(value, type)) { Status = status };

    /// <inheritdoc/>
    public async Task ExecuteResultAsync(ActionContext context)
    {
        var (request, response) = (context.HttpContext.Request, context.HttpContext.Response);
        var isHead = HttpMethods.IsHead(request.Method);
        var gzip = json.Length >= MinGzipBytes && TakesGzip(request);
        response.StatusCode = Status;
        response.Headers.Append(HeaderNames.Vary, HeaderNames.AcceptEncoding);
        if (Status == StatusCodes.Status200OK && (isHead || HttpMethods.IsGet(request.Method)))
        {
            var tag = Convert.ToHexStringLower(SHA256.HashData(json.Span));
            var entityTag = ConditionalHeaders.Quote(gzip ? $"{tag}-gzip" : tag);
            response.Headers.ETag = entityTag;
            switch (ConditionalHeaders.Judge(request, entityTag))
            {
                case Conditional.NotModified:
                    response.StatusCode = StatusCodes.Status304NotModified;
                    return;
                case Conditional.Failed:
                    await ErrorWriter.WriteAsync(context.HttpContext, ErrorTable.OfStatus(StatusCodes.Status412PreconditionFailed));
                    return;
            }
        }

        var body = gzip ? Compress() : json;
        if (gzip)
            response.Headers.ContentEncoding = "gzip";
        response.ContentType = "application/json";
        response.ContentLength = body.Length;
        if (!isHead)
            await response.Body.WriteAsync(body, context.HttpContext.RequestAborted);
    }

    private ReadOnlyMemory<byte> Compress()
    {
        var compressed = new MemoryStream(json.Length / 4);
        using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(json.Span);
        return compressed.GetBuffer().AsMemory(0, (int)compressed.Length);
    }

    private static bool TakesGzip(HttpRequest request)
    {
        if (!StringWithQualityHeaderValue.TryParseList(request.Headers.AcceptEncoding, out var encodings))
            return false;
        foreach (var encoding in encodings)
            if (encoding.Value.Equals("gzip", StringComparison.OrdinalIgnoreCase))
                return encoding.Quality is null or > 0;
        return false;
    }
}
