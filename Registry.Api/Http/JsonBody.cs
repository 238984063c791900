using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Mvc;
using Registry.Api.Http.Transfers;
using Registry.Core.Content;

namespace Registry.Api.Http;

/// <summary>
/// A JSON answer to a read: with a strong entity tag of its own for each content coding, answered 304 where the client
/// has it, compressed where it is asked for, and streamed where it is long, so that memory does not grow with the
/// number of elements.
/// </summary>
/// <param name="tag">
/// What the entity tag is made of: equal only where the body is, byte for byte. Null for the answer to a change, which
/// has none.
/// </param>
/// <param name="elements">Writes the body in steps, none of which is long.</param>
/// <param name="status">The status.</param>
internal sealed class JsonBody(
    string? tag, IEnumerable<Action<Utf8JsonWriter>> elements, int status = StatusCodes.Status200OK) : IActionResult
{
    /// <summary>Bodies up to here are sent with their length; longer ones as they are written.</summary>
    private const int BufferBytes = 64 * 1024;

    /// <summary>
    /// How often a body lies in memory while it is prepared to be kept: in a buffer that has doubled, and as it is
    /// kept.
    /// </summary>
    private const long CopiesWhilePrepared = 3;

    /// <summary>Room for what most answers are.</summary>
    private const int FirstBufferBytes = 4096;

    /// <summary>Below it compression costs more than it saves.</summary>
    private const int CompressFromBytes = 1024;

    /// <summary>
    /// The answers are JSON and nothing else: escaping for HTML would only make names and messages hard to read.
    /// </summary>
    private static readonly JsonWriterOptions WriterOptions =
        new() { SkipValidation = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Where the body may lie ready, and is put when it does not; null for nowhere.</summary>
    public ICachedBody? Kept { get; set; }

    /// <summary>One value.</summary>
    public static JsonBody Of<T>(
        T value,
        JsonTypeInfo<T> type,
        string? tag,
        int status = StatusCodes.Status200OK) => Of(() => value, type, tag, status);

    /// <summary>One value, made only where it is sent.</summary>
    public static JsonBody Of<T>(
        Func<T> value, JsonTypeInfo<T> type, string? tag, int status = StatusCodes.Status200OK) =>
        new(tag, [writer => JsonSerializer.Serialize(writer, value(), type)], status);

    /// <summary>An array of values, enumerated once, while it is sent.</summary>
    public static JsonBody OfMany<T>(IEnumerable<T> values, JsonTypeInfo<T> type, string? tag)
    {
        return new JsonBody(tag, Elements());

        IEnumerable<Action<Utf8JsonWriter>> Elements()
        {
            yield return writer => writer.WriteStartArray();
            foreach (var value in values)
                yield return writer => JsonSerializer.Serialize(writer, value, type);
            yield return writer => writer.WriteEndArray();
        }
    }

    /// <inheritdoc/>
    public async Task ExecuteResultAsync(ActionContext context)
    {
        var (request, response, cancellationToken) =
            (context.HttpContext.Request, context.HttpContext.Response, context.HttpContext.RequestAborted);
        var coding = ContentCoding.Choose(request);
        response.Headers.Vary = "Accept-Encoding";
        if (tag is not null)
        {
            var entityTag = ConditionalHeaders.Quote(coding == ContentCoding.Identity ? tag : $"{tag}-{coding.Name}");
            if (await ConditionalHeaders.TryAnswerAsync(context.HttpContext, entityTag))
                return;
            response.Headers.ETag = entityTag;
        }

        response.StatusCode = status;
        response.ContentType = "application/json";
        var transfer = RequestTransfer.Of(context.HttpContext);
        if (Kept?.Find(coding) is { } kept)
        {
            if (!HttpMethods.IsHead(request.Method))
                await transfer.ReserveOutputAsync(kept.Bytes.Length, cancellationToken);
            await WriteAsync(request, response, kept, cancellationToken);
            return;
        }

        using var buffer = new PooledBytes(FirstBufferBytes);
        await using var writer = new Utf8JsonWriter(buffer, WriterOptions);
        using var rest = elements.GetEnumerator();
        var done = Fill(writer, buffer, rest, BufferBytes);
        if (!done)
        {
            await transfer.ReserveOutputAsync(
                long.MaxValue, Kept?.MaxBytes * CopiesWhilePrepared ?? BufferBytes, cancellationToken);
            if (Kept is not null)
                done = Fill(writer, buffer, rest, Kept.MaxBytes);
        }

        var used = coding != ContentCoding.Identity && (!done || buffer.WrittenCount >= CompressFromBytes)
            ? coding
            : ContentCoding.Identity;
        if (done)
        {
            if (used != ContentCoding.Identity)
                Encode(used, buffer);
            Kept?.Keep(coding, new PreparedBody(buffer.WrittenMemory.ToArray(), used));
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

    /// <summary>Writes steps until the buffer is full; true when there are no more.</summary>
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
                // So that a prompt does not stick to what a terminal shows.
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
