using System.Buffers;
using Microsoft.AspNetCore.Mvc;

namespace Registry.Bench.Baseline;

/// <summary>Sends bytes.</summary>
[ApiController]
internal sealed class ReadController(Folders folders) : ControllerBase
{
    private const int BufferBytes = 64 * 1024;

    /// <summary>Returns JSON from memory, with a content encoding if its bytes are compressed.</summary>
    [HttpGet("/prepared/{name}")]
    public IActionResult Prepared(string name, [FromQuery] string? encoding)
    {
        if (encoding is not null)
            Response.Headers.ContentEncoding = encoding;
        Response.Headers.ETag = "\"0123456789abcdef0123456789abcdef\"";
        return File(folders.Prepared(name), "application/json");
    }

    /// <summary>Returns JSON from memory, or 304 if the entity tag matches.</summary>
    [HttpGet("/known/{name}")]
    public IActionResult Known(string name)
    {
        const string Tag = "\"0123456789abcdef0123456789abcdef\"";
        Response.Headers.ETag = Tag;
        return Request.Headers.IfNoneMatch == Tag
            ? StatusCode(StatusCodes.Status304NotModified)
            : File(folders.Prepared(name), "application/json");
    }

    /// <summary>Streams a file with the minimum of work.</summary>
    [HttpGet("/file/{name}")]
    public async Task FileAsync(string name, CancellationToken cancellationToken)
    {
        using var file = System.IO.File.OpenHandle(folders.PathOf(name));
        var length = RandomAccess.GetLength(file);
        Response.ContentType = "application/x-gzip";
        Response.ContentLength = length;
        Response.Headers.ETag = "\"0123456789abcdef0123456789abcdef\"";
        var buffer = ArrayPool<byte>.Shared.Rent((int)Math.Min(length, BufferBytes));
        try
        {
            for (var sent = 0L; sent < length;)
            {
                var read = RandomAccess.Read(file, buffer, sent);
                await Response.Body.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
                sent += read;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
