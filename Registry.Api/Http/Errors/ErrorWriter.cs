using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace Registry.Api.Http.Errors;

/// <summary>Writes every error response of the service, in the form of the protocol that owns the request.</summary>
internal static class ErrorWriter
{
    private static readonly JsonWriterOptions WriterOptions =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>
    /// Headers that describe the body that the error replaces. All other headers stay: CORS, <c>Allow</c>,
    /// <c>Vary</c>.
    /// </summary>
    private static readonly string[] BodyHeaders =
    [
        HeaderNames.AcceptRanges, HeaderNames.CacheControl, HeaderNames.ContentDisposition, HeaderNames.ContentEncoding,
        HeaderNames.ContentRange, HeaderNames.ETag, HeaderNames.LastModified,
    ];

    /// <summary>Responds with the protocol's error for a status.</summary>
    /// <param name="context">The request.</param>
    /// <param name="status">The status.</param>
    /// <param name="headers">Headers to send in place of those of the error table; none to send those.</param>
    /// <exception cref="InvalidOperationException">The response has started.</exception>
    public static Task WriteAsync(
        HttpContext context, int status, params IReadOnlyList<(string Name, string Value)> headers)
    {
        var protocol = ApiProtocol.Of(context);
        var error = protocol.Errors.OfStatus(status);
        return WriteAsync(context, protocol, headers.Count == 0 ? error : error with { Headers = headers });
    }

    /// <summary>Responds with an error. For HEAD, sends the status and the headers only.</summary>
    /// <param name="context">The request.</param>
    /// <param name="protocol">The protocol of the request.</param>
    /// <param name="error">The error, from the protocol's table.</param>
    /// <exception cref="InvalidOperationException">The response has started.</exception>
    public static async Task WriteAsync(HttpContext context, ApiProtocol protocol, ErrorResponse error)
    {
        var response = context.Response;
        if (response.HasStarted)
            throw new InvalidOperationException("The response has already started.");
        foreach (var name in BodyHeaders)
            response.Headers.Remove(name);
        foreach (var (name, value) in error.Headers)
            response.Headers[name] = value;
        if (error.Status == StatusCodes.Status401Unauthorized && IsOfScript(context.Request))
            response.Headers.WWWAuthenticate = "Bearer realm=\"Registry\"";

        if (await protocol.TryWritePageAsync(context, error))
            return;
        var body = new ArrayBufferWriter<byte>(256);
        await using (var json = new Utf8JsonWriter(body, WriterOptions))
            protocol.WriteError(json, error);
        body.Write("\n"u8);

        response.StatusCode = error.Status;
        if (protocol.ReasonOf(error) is { } reason)
            context.Features.GetRequiredFeature<IHttpResponseFeature>().ReasonPhrase = reason;
        response.ContentType = "application/json";
        response.ContentLength = body.WrittenCount;
        if (HttpMethods.IsHead(context.Request.Method))
            return;
        await response.BodyWriter.WriteAsync(body.WrittenMemory, context.RequestAborted);
    }

    /// <summary>
    /// Whether a script in a browser has sent a request. With Basic, the browser would ask for a user and a password
    /// instead of showing the response to the script, such as Swagger UI.
    /// </summary>
    private static bool IsOfScript(HttpRequest request) =>
        request.Headers.TryGetValue("Sec-Fetch-Mode", out var mode) && mode != "navigate";
}
