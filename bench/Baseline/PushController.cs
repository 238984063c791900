using System.Buffers;
using System.Buffers.Text;
using System.IO.Pipelines;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Mvc;

namespace Registry.Bench.Baseline;

/// <summary>Takes bytes in.</summary>
[ApiController]
internal sealed class PushController(Folders folders) : ControllerBase
{
    /// <summary>What stands for the second file of a push, which tells of the first.</summary>
    private static readonly byte[] Document = new byte[400];

    /// <summary>Stages two files, and makes each durable: flush, rename, flush the folder.</summary>
    [HttpPost("/durable/{name}")]
    public async Task<IActionResult> DurableAsync(string name, CancellationToken ct)
    {
        using var body = new MemoryStream((int)(Request.ContentLength ?? 0));
        await Request.Body.CopyToAsync(body, ct);
        Durable.Write(folders.Pushed, "content", name, body.GetBuffer().AsSpan(0, (int)body.Length));
        Durable.Write(folders.Pushed, "documents", name, Document);
        return File("{\"status\":\"ok\"}"u8.ToArray(), "application/json");
    }

    /// <summary>Decodes what stands in <c>{"blob":"…"</c>, and hashes it. Nothing else is looked at, kept or checked.</summary>
    [HttpPost("/decoded")]
    public async Task<IActionResult> DecodedAsync(CancellationToken ct)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await SkipAsync("{\"blob\":\"".Length, ct);
        for (var ended = false; !ended;)
        {
            var read = await Request.BodyReader.ReadAsync(ct);
            var text = read.Buffer;
            if (text.PositionOf((byte)'"') is { } end)
                (text, ended) = (text.Slice(0, end), true);
            var whole = text.Slice(0, text.Length & ~3L);
            Decode(whole, hash);
            Request.BodyReader.AdvanceTo(whole.End, text.End);
            if (read.IsCompleted && !ended)
                return BadRequest();
        }

        await Request.BodyReader.CopyToAsync(Stream.Null, ct);
        return Ok(Convert.ToHexStringLower(hash.GetCurrentHash()));
    }

    private async Task SkipAsync(int bytes, CancellationToken ct)
    {
        ReadResult read;
        while ((read = await Request.BodyReader.ReadAtLeastAsync(bytes, ct)).Buffer.Length < bytes)
            Request.BodyReader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        Request.BodyReader.AdvanceTo(read.Buffer.GetPosition(bytes));
    }

    private static void Decode(ReadOnlySequence<byte> text, IncrementalHash hash)
    {
        var characters = ArrayPool<byte>.Shared.Rent((int)text.Length);
        try
        {
            text.CopyTo(characters);
            Base64.DecodeFromUtf8InPlace(characters.AsSpan(0, (int)text.Length), out var decoded);
            hash.AppendData(characters, 0, decoded);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(characters);
        }
    }
}
