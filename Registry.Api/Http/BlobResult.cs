using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Net.Http.Headers;
using Registry.Api.Http.Errors;
using Registry.Api.Http.Transfers;
using Registry.Core.Storage;

namespace Registry.Api.Http;

/// <summary>
/// Sends a stored blob in response to GET or HEAD, byte for byte and never compressed. Supports <c>If-Match</c>,
/// <c>If-None-Match</c>, <c>Range</c> and <c>If-Range</c>. The blob is opened, and its first bytes are read, before the
/// status is sent, so that a storage failure there is a 503. A later failure aborts the connection: a 200 is never
/// truncated.
/// </summary>
/// <param name="open">
/// Opens a range of the blob, and throws if the blob has been deleted. Not called for 304, 412, 416 and HEAD.
/// </param>
/// <param name="length">The length of the whole blob, in bytes.</param>
/// <param name="tag">The digest of the blob, sent quoted as a strong <c>ETag</c>.</param>
/// <param name="contentType">The content type.</param>
internal sealed class BlobResult(
    Func<ByteRange, CancellationToken, ValueTask<BlobReader>> open, long length, string tag, string contentType)
        : IActionResult
{
    private const int FirstBufferBytes = 16 * 1024;

    /// <summary>The file name of the download; null for no <c>Content-Disposition</c>.</summary>
    public string? FileName { get; init; }

    /// <summary>How many bytes the content keeps in memory while it is sent, besides buffers.</summary>
    public long HeldBytes { get; init; }

    /// <summary>Headers of the protocol, sent with 200, 206 and 304.</summary>
    public IReadOnlyList<(string Name, string Value)> Headers { get; init; } = [];

    /// <inheritdoc/>
    public async Task ExecuteResultAsync(ActionContext context)
    {
        var http = context.HttpContext;
        var entityTag = ConditionalHeaders.Quote(tag);
        if (await ConditionalHeaders.TryRespondAsync(http, entityTag, Headers))
            return;

        var range = RequestedRange.Of(http.Request, length, entityTag);
        if (range.Bytes is not { } bytes)
        {
            await ErrorWriter.WriteAsync(
                http, StatusCodes.Status416RangeNotSatisfiable, (HeaderNames.ContentRange, $"bytes */{length}"));
        }
        else if (HttpMethods.IsHead(http.Request.Method))
        {
            Commit(http.Response, entityTag, range, length);
        }
        else
        {
            await SendAsync(http, entityTag, range, bytes);
        }
    }

    private async Task SendAsync(HttpContext http, string entityTag, RequestedRange range, ByteRange bytes)
    {
        var cancellationToken = http.RequestAborted;
        var expected = bytes.LengthWithin(length);
        var bufferBytes = await RequestTransfer.Of(http).ReserveOutputAsync(expected, HeldBytes, cancellationToken);
        await using var reader = await open(bytes, cancellationToken);
        if (reader.Length != expected)
            throw new StorageException(
                StorageFault.Corrupt, $"The blob has {reader.Length} bytes; expected {expected}.");

        // The first bytes are read before the status is sent, the others straight into the server's send buffers.
        var sent = await SendFirstAsync(http.Response, reader.Content, entityTag, range, expected, cancellationToken);
        if (sent < expected)
            await SendRestAsync(
                http.Response.BodyWriter, reader.Content, bufferBytes, sent, expected, cancellationToken);
        else
            await http.Response.BodyWriter.FlushAsync(cancellationToken);
    }

    /// <summary>Sends the headers, writes the first bytes without a flush, and returns their number.</summary>
    private async ValueTask<int> SendFirstAsync(
        HttpResponse response,
        Stream content,
        string entityTag,
        RequestedRange range,
        long expected,
        CancellationToken cancellationToken)
    {
        var first = ArrayPool<byte>.Shared.Rent((int)Math.Clamp(expected, 1, FirstBufferBytes));
        try
        {
            var read = await content.ReadAsync(first, cancellationToken);
            Commit(response, entityTag, range, expected);
            await response.StartAsync(cancellationToken);
            response.BodyWriter.Write(first.AsSpan(0, read));
            return read;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(first);
        }
    }

    private static async Task SendRestAsync(
        PipeWriter body, Stream content, int bufferBytes, long sent, long expected, CancellationToken cancellationToken)
    {
        while (sent < expected)
        {
            var memory = body.GetMemory((int)Math.Min(expected - sent, bufferBytes));
            var wanted = (int)Math.Min(Math.Min(expected - sent, bufferBytes), memory.Length);
            var read = await content.ReadAsync(memory[..wanted], cancellationToken);
            if (read == 0)
                throw new StorageException(StorageFault.Corrupt, $"The blob ended after {sent} of {expected} bytes.");
            body.Advance(read);
            await body.FlushAsync(cancellationToken);
            sent += read;
        }
    }

    private void Commit(HttpResponse response, string entityTag, RequestedRange range, long bodyLength)
    {
        ConditionalHeaders.Describe(response, entityTag, Headers);
        response.StatusCode = StatusCodes.Status200OK;
        response.ContentType = contentType;
        response.ContentLength = bodyLength;
        response.Headers.AcceptRanges = "bytes";
        if (FileName is not null)
            response.Headers.ContentDisposition = AttachmentName.ToContentDisposition(FileName);
        if (range is { IsPart: true, Bytes: { } part })
        {
            response.StatusCode = StatusCodes.Status206PartialContent;
            response.Headers.ContentRange = $"bytes {part.Offset}-{part.Offset + bodyLength - 1}/{length}";
        }
    }
}
