using System.Buffers;
using System.Buffers.Text;
using System.IO.Compression;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Mvc;

namespace Registry.Bench.Baseline;

/// <summary>Receives bytes.</summary>
[ApiController]
internal sealed class PushController(Folders folders) : ControllerBase
{
    private const int BufferBytes = 64 << 10;

    /// <summary>A stand-in for the index that a push writes.</summary>
    private static readonly byte[] Document = new byte[400];

    /// <summary>Writes two files durably: stage, flush, rename, flush the folder.</summary>
    [HttpPost("/durable/{name}")]
    public async Task<IActionResult> DurableAsync(string name, CancellationToken cancellationToken)
    {
        using var body = new MemoryStream((int)(Request.ContentLength ?? 0));
        await Request.Body.CopyToAsync(body, cancellationToken);
        Durable.Write(folders.Pushed, "content", name, body.GetBuffer().AsSpan(0, (int)body.Length));
        Durable.Write(folders.Pushed, "documents", name, Document);
        return File("{\"status\":\"ok\"}"u8.ToArray(), "application/json");
    }

    /// <summary>
    /// Does the minimum work of an upload: hashes the body, writes it to a file, and makes it durable.
    /// </summary>
    [HttpPost("/hashed/{name}")]
    public async Task<IActionResult> HashedAsync(string name, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var file = Durable.Stage(folders.Pushed, out var staged);
        var buffer = new byte[BufferBytes];
        var at = 0L;
        int read;
        while ((read = await Request.Body.ReadAsync(buffer, cancellationToken)) > 0)
        {
            hash.AppendData(buffer, 0, read);
            RandomAccess.Write(file, buffer.AsSpan(0, read), at);
            at += read;
        }

        Durable.Place(file, staged, folders.Pushed, "content", name);
        return Ok(Convert.ToHexStringLower(hash.GetCurrentHash()));
    }

    /// <summary>
    /// Does the minimum work of a push with the value of <c>{"blob":"…"</c>: decodes, hashes and writes it to a file,
    /// gunzips and hashes it in parallel, and makes the file durable.
    /// </summary>
    [HttpPost("/unpacked/{name}")]
    public async Task<IActionResult> UnpackedAsync(string name, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var file = Durable.Stage(folders.Pushed, out var staged);
        var packed = new Pipe(new PipeOptions(
            pauseWriterThreshold: BufferBytes * 2,
            resumeWriterThreshold: BufferBytes,
            minimumSegmentSize: BufferBytes));
        var unpacking = HashUnpackedAsync(packed.Reader, cancellationToken);
        var at = 0L;
        try
        {
            await foreach (var bytes in DecodeAsync(cancellationToken))
            {
                await packed.Writer.WriteAsync(bytes, cancellationToken);
                hash.AppendData(bytes.Span);
                RandomAccess.Write(file, bytes.Span, at);
                at += bytes.Length;
            }

            await packed.Writer.CompleteAsync();
        }
        catch (Exception fault)
        {
            await packed.Writer.CompleteAsync(fault);
            throw;
        }

        var unpacked = await unpacking;
        Durable.Place(file, staged, folders.Pushed, "content", name);
        return Ok($"{Convert.ToHexStringLower(hash.GetCurrentHash())} {Convert.ToHexStringLower(unpacked)}");
    }

    private static async Task<byte[]> HashUnpackedAsync(PipeReader packed, CancellationToken cancellationToken)
    {
        await using var gzip = new GZipStream(packed.AsStream(), CompressionMode.Decompress);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[BufferBytes];
        int read;
        while ((read = await gzip.ReadAsync(buffer, cancellationToken)) > 0)
            hash.AppendData(buffer, 0, read);
        return hash.GetCurrentHash();
    }

    /// <summary>Returns the content of the push in pieces; each is valid until the next.</summary>
    private async IAsyncEnumerable<ReadOnlyMemory<byte>> DecodeAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var body = Request.BodyReader;
        var characters = new byte[BufferBytes];
        await SkipAsync("{\"blob\":\"".Length, cancellationToken);
        for (var ended = false; !ended;)
        {
            var read = await body.ReadAtLeastAsync(BufferBytes, cancellationToken);
            var text = read.Buffer.Slice(0, Math.Min(BufferBytes, read.Buffer.Length));
            if (text.PositionOf((byte)'"') is { } end)
                (text, ended) = (text.Slice(0, end), true);
            else if (read.IsCompleted && text.Length == read.Buffer.Length)
                throw new BadHttpRequestException("The body ends within the blob.");
            text = text.Slice(0, text.Length & ~3L);
            text.CopyTo(characters);
            Base64.DecodeFromUtf8InPlace(characters.AsSpan(0, (int)text.Length), out var decoded);
            body.AdvanceTo(text.End);
            yield return characters.AsMemory(0, decoded);
        }

        await body.CopyToAsync(Stream.Null, cancellationToken);
    }

    private async Task SkipAsync(int bytes, CancellationToken cancellationToken)
    {
        ReadResult read;
        while ((read = await Request.BodyReader.ReadAtLeastAsync(bytes, cancellationToken)).Buffer.Length < bytes)
            Request.BodyReader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        Request.BodyReader.AdvanceTo(read.Buffer.GetPosition(bytes));
    }
}
