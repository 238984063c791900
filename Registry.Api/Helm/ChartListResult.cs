using System.Buffers;
using Microsoft.AspNetCore.Mvc;
using Registry.Api.Http;
using Registry.Api.Http.Transfers;
using Registry.Core.Content;

namespace Registry.Api.Helm;

/// <summary>
/// Sends a list of charts in JSON. It has a strong entity tag for each content coding, is answered with 304 if the
/// client has it, is compressed only on request, and is streamed if it is long: memory does not grow with the number of
/// charts. A failure before the first piece is sent gives an error, a later one aborts the connection.
/// </summary>
/// <param name="tag">The source of the entity tag: equal only if the list is equal.</param>
/// <param name="pieces">Writes the list.</param>
/// <param name="bodies">The cache of compressed lists.</param>
internal sealed class ChartListResult(
    string tag, Func<CancellationToken, IAsyncEnumerable<ReadOnlyMemory<byte>>> pieces, ChartBodies bodies)
        : IActionResult
{
    /// <summary>Lists up to this size, in bytes, are sent with their length.</summary>
    private const int BufferBytes = 64 * 1024;

    private const int FirstBufferBytes = 4096;

    /// <inheritdoc/>
    public async Task ExecuteResultAsync(ActionContext context)
    {
        var (request, response) = (context.HttpContext.Request, context.HttpContext.Response);
        var cancellationToken = context.HttpContext.RequestAborted;
        var coding = ContentCoding.Choose(request);
        response.Headers.Vary = "Accept-Encoding";
        var entityTag = ConditionalHeaders.Quote(coding == ContentCoding.Identity ? tag : $"{tag}-{coding.Name}");
        if (await ConditionalHeaders.TryRespondAsync(context.HttpContext, entityTag))
            return;
        response.Headers.ETag = entityTag;
        response.ContentType = "application/json";
        if (coding != ContentCoding.Identity)
            response.Headers.ContentEncoding = coding.Name;
        if (HttpMethods.IsHead(request.Method))
            return;

        var transfer = RequestTransfer.Of(context.HttpContext);
        var key = $"{request.PathBase}{request.Path} {entityTag}";
        if (coding == ContentCoding.Identity)
        {
            await transfer.ReserveOutputAsync(long.MaxValue, BufferBytes, cancellationToken);
            await SendAsync(response, cancellationToken);
        }
        else if (bodies.Find(key) is { } cached)
        {
            await transfer.ReserveOutputAsync(cached.Length, cancellationToken);
            response.ContentLength = cached.Length;
            await response.BodyWriter.WriteAsync(cached, cancellationToken);
        }
        else
        {
            await transfer.ReserveOutputAsync(
                long.MaxValue, BufferBytes + (2L * ChartBodies.MaxBodyBytes), cancellationToken);
            await SendEncodedAsync(response, coding, key, cancellationToken);
        }
    }

    private async Task SendAsync(HttpResponse response, CancellationToken cancellationToken)
    {
        using var buffer = new PooledBytes(FirstBufferBytes);
        await foreach (var piece in pieces(cancellationToken))
        {
            if (buffer.WrittenCount + piece.Length <= BufferBytes)
            {
                buffer.Write(piece.Span);
                continue;
            }

            await FlushAsync(response.Body, buffer, cancellationToken);
            await response.Body.WriteAsync(piece, cancellationToken);
        }

        // So that the prompt of a terminal begins on its own line.
        buffer.Write("\n"u8);
        if (!response.HasStarted)
            response.ContentLength = buffer.WrittenCount;
        await FlushAsync(response.Body, buffer, cancellationToken);
    }

    private async Task SendEncodedAsync(
        HttpResponse response, ContentCoding coding, string key, CancellationToken cancellationToken)
    {
        using var buffer = new PooledBytes(FirstBufferBytes);
        await using var kept = new CapturingStream(response.Body, ChartBodies.MaxBodyBytes);
        var encoder = coding.Encode(kept);
        await foreach (var piece in pieces(cancellationToken))
        {
            if (buffer.WrittenCount + piece.Length > BufferBytes)
                await FlushAsync(encoder, buffer, cancellationToken);
            buffer.Write(piece.Span);
        }

        buffer.Write("\n"u8);
        await FlushAsync(encoder, buffer, cancellationToken);
        await encoder.DisposeAsync();
        if (kept.Bytes is { } body)
            bodies.Set(key, body);
    }

    private static async Task FlushAsync(Stream body, PooledBytes buffer, CancellationToken cancellationToken)
    {
        await body.WriteAsync(buffer.WrittenMemory, cancellationToken);
        buffer.ResetWrittenCount();
    }
}
