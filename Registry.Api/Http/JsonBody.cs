using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Mvc;
using Registry.Api.Http.Transfers;
using Registry.Core.Content;

namespace Registry.Api.Http;

/// <summary>
/// A JSON response. It has a strong entity tag for each content coding, is answered with 304 if the client has it, is
/// compressed on request, and is streamed if it is long, so that memory does not grow with the number of elements.
/// </summary>
/// <param name="tag">
/// The source of the entity tag: equal only if the body is equal, byte for byte. Null for no entity tag, as in the
/// response to a change.
/// </param>
/// <param name="elements">Writes the body in small steps.</param>
/// <param name="status">The HTTP status.</param>
internal sealed class JsonBody(
    string? tag, IEnumerable<Action<Utf8JsonWriter>> elements, int status = StatusCodes.Status200OK) : IActionResult
{
    /// <summary>Bodies up to this size, in bytes, are sent with their length; longer ones are streamed.</summary>
    private const int BufferBytes = 64 * 1024;

    /// <summary>
    /// How many times a body is in memory while it is prepared for the cache: twice in a buffer that has doubled, and
    /// once in the cache.
    /// </summary>
    private const long CopiesWhilePrepared = 3;

    /// <summary>Large enough for most responses.</summary>
    private const int FirstBufferBytes = 4096;

    /// <summary>Below this size compression costs more than it saves.</summary>
    private const int CompressFromBytes = 1024;

    /// <summary>
    /// Responses are never embedded in HTML: escaping for HTML would only make names and messages hard to read.
    /// </summary>
    private static readonly JsonWriterOptions WriterOptions =
        new() { SkipValidation = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>
    /// Estimates the memory of what the elements are made from, in bytes. It stays in use while a long body is sent, so
    /// it is reserved. Null when it is small, or shared by all requests.
    /// </summary>
    public Func<long>? SourceBytes { get; set; }

    /// <summary>The cache of the body; null for none.</summary>
    public ICachedBody? Cached { get; set; }

    /// <summary>Returns a response with one value.</summary>
    public static JsonBody Of<T>(
        T value,
        JsonTypeInfo<T> type,
        string? tag,
        int status = StatusCodes.Status200OK) => Of(() => value, type, tag, status);

    /// <summary>Returns a response with one value, which is created only if it is sent.</summary>
    public static JsonBody Of<T>(
        Func<T> value, JsonTypeInfo<T> type, string? tag, int status = StatusCodes.Status200OK) =>
        new(tag, [writer => JsonSerializer.Serialize(writer, value(), type)], status);

    /// <summary>Returns a response with an array of values, which are enumerated once, while they are sent.</summary>
    public static JsonBody OfMany<T>(IEnumerable<T> values, JsonTypeInfo<T> type, string? tag)
    {
        return new JsonBody(tag, Elements());

        IEnumerable<Action<Utf8JsonWriter>> Elements()
        {
            yield return writer => writer.WriteStartArray();
            // One delegate for all: each value is written before the next is created.
            var current = default(T)!;
            Action<Utf8JsonWriter> write = writer => JsonSerializer.Serialize(writer, current, type);
            foreach (var value in values)
            {
                current = value;
                yield return write;
            }

            yield return writer => writer.WriteEndArray();
        }
    }

    /// <inheritdoc/>
    public async Task ExecuteResultAsync(ActionContext context)
    {
        var (request, response, cancellationToken) =
            (context.HttpContext.Request, context.HttpContext.Response, context.HttpContext.RequestAborted);
        var coding = ContentCoding.Identity;
        if (ApiProtocol.Of(context.HttpContext).AllowsCompression)
        {
            coding = ContentCoding.Choose(request);
            response.Headers.Vary = "Accept-Encoding";
        }

        if (tag is not null)
        {
            var entityTag = ConditionalHeaders.Quote(coding == ContentCoding.Identity ? tag : $"{tag}-{coding.Name}");
            if (await ConditionalHeaders.TryRespondAsync(context.HttpContext, entityTag))
                return;
            response.Headers.ETag = entityTag;
        }

        response.StatusCode = status;
        response.ContentType = "application/json";
        var transfer = RequestTransfer.Of(context.HttpContext);
        if (Cached?.Find(coding) is { } cached)
        {
            if (!HttpMethods.IsHead(request.Method))
                await transfer.ReserveOutputAsync(cached.Bytes.Length, cancellationToken);
            await WriteAsync(request, response, cached, cancellationToken);
            return;
        }

        using var buffer = new PooledBytes(FirstBufferBytes);
        await using var writer = new Utf8JsonWriter(buffer, WriterOptions);
        using var rest = elements.GetEnumerator();
        var done = Fill(writer, buffer, rest, BufferBytes);
        if (!done)
        {
            await transfer.ReserveOutputAsync(
                long.MaxValue,
                (Cached?.MaxBytes * CopiesWhilePrepared ?? BufferBytes) + (SourceBytes?.Invoke() ?? 0),
                cancellationToken);
            if (Cached is not null)
                done = Fill(writer, buffer, rest, Cached.MaxBytes);
        }

        var used = coding != ContentCoding.Identity && (!done || buffer.WrittenCount >= CompressFromBytes)
            ? coding
            : ContentCoding.Identity;
        if (done)
        {
            if (used != ContentCoding.Identity)
                Encode(used, buffer);
            Cached?.Set(coding, new PreparedBody(buffer.WrittenMemory.ToArray(), used));
            await WriteAsync(request, response, new PreparedBody(buffer.WrittenMemory, used), cancellationToken);
            return;
        }

        if (used != ContentCoding.Identity)
            response.Headers.ContentEncoding = used.Name;
        if (!HttpMethods.IsHead(request.Method))
            await StreamAsync(used, response.Body, writer, buffer, rest, cancellationToken);
    }

    private static async Task WriteAsync(
        HttpRequest request, HttpResponse response, PreparedBody body, CancellationToken cancellationToken)
    {
        if (body.Coding != ContentCoding.Identity)
            response.Headers.ContentEncoding = body.Coding.Name;
        response.ContentLength = body.Bytes.Length;
        if (!HttpMethods.IsHead(request.Method))
            await response.BodyWriter.WriteAsync(body.Bytes, cancellationToken);
    }

    /// <summary>Writes steps until the buffer is full. Returns true if none are left.</summary>
    private static bool Fill(
        Utf8JsonWriter writer,
        PooledBytes buffer,
        IEnumerator<Action<Utf8JsonWriter>> rest,
        int bufferBytes = BufferBytes)
    {
        while (buffer.WrittenCount + writer.BytesPending < bufferBytes)
        {
            if (!rest.MoveNext())
            {
                writer.Flush();
                // So that the prompt of a terminal begins on its own line.
                buffer.Write("\n"u8);
                return true;
            }

            rest.Current(writer);
        }

        writer.Flush();
        return false;
    }

    private static void Encode(ContentCoding coding, PooledBytes body)
    {
        using var encoded = new MemoryStream();
        using (var encoder = coding.Encode(encoded))
            encoder.Write(body.WrittenMemory.Span);
        body.ResetWrittenCount();
        body.Write(encoded.GetBuffer().AsSpan(0, (int)encoded.Length));
    }

    private static async Task StreamAsync(
        ContentCoding coding,
        Stream body,
        Utf8JsonWriter writer,
        PooledBytes buffer,
        IEnumerator<Action<Utf8JsonWriter>> rest,
        CancellationToken cancellationToken)
    {
        var encoder = coding.Encode(body);
        for (var done = false; ;)
        {
            await encoder.WriteAsync(buffer.WrittenMemory, cancellationToken);
            if (done)
                break;
            buffer.ResetWrittenCount();
            done = Fill(writer, buffer, rest);
        }

        if (encoder != body)
            await encoder.DisposeAsync();
    }
}
