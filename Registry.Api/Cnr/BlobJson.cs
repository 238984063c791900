using System.Buffers;
using System.Buffers.Text;
using System.IO.Pipelines;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Registry.Core.Storage;

namespace Registry.Api.Cnr;

/// <summary>
/// The JSON form of a blob: an object whose member <c>blob</c> is its base64, canonical and in one line, followed by a few short members.
/// Written as the blob is read, in memory that does not grow with it; its length is known beforehand.
/// </summary>
internal sealed class BlobJson
{
    private readonly long blobLength;
    private readonly byte[] suffix;

    /// <summary>Describes the answer.</summary>
    /// <param name="blobLength">The length of the blob, in bytes.</param>
    /// <param name="members">The members after <c>blob</c>, in their order.</param>
    public BlobJson(long blobLength, params ReadOnlySpan<(string Name, string Value)> members)
    {
        this.blobLength = blobLength;
        var text = new StringBuilder("\"");
        foreach (var (name, value) in members)
            text.Append(",\"").Append(Encode(name)).Append("\":\"").Append(Encode(value)).Append('"');
        suffix = Encoding.UTF8.GetBytes(text.Append("}\n").ToString());
    }

    /// <summary>The length of the whole answer, in bytes.</summary>
    public long ContentLength => Prefix.Length + ((blobLength + 2) / 3 * 4) + suffix.Length;

    private static ReadOnlySpan<byte> Prefix => "{\"blob\":\""u8;

    /// <summary>Writes the answer. Stops without a word when nobody reads it any more.</summary>
    /// <param name="blob">The blob, read from its first byte; stays the caller's.</param>
    /// <param name="output">Where to.</param>
    /// <param name="bufferBytes">About how many bytes to hand to the output at once; at least 16.</param>
    /// <param name="ct">Cancels the writing.</param>
    /// <exception cref="StorageException">
    /// The blob has another length than was said, or could not be read to its end. What was written, if anything, is not the whole answer:
    /// break the connection.
    /// </exception>
    public async Task WriteAsync(BlobReader blob, PipeWriter output, int bufferBytes, CancellationToken ct)
    {
        if (blob.Length != blobLength)
            throw new StorageException(StorageFault.Corrupt, $"The blob gives {blob.Length} bytes where {blobLength} are recorded.");
        // Block and text together fit the buffer. A multiple of three, so that no block but the last needs padding.
        var blockBytes = bufferBytes / 8 * 3;
        var block = ArrayPool<byte>.Shared.Rent(blockBytes);
        try
        {
            // Nothing is written before the first bytes are there: a storage that fails until then can still be answered 503.
            var begun = false;
            for (var left = blobLength; left > 0 || !begun;)
            {
                var length = (int)Math.Min(left, blockBytes);
                await blob.Content.ReadExactlyAsync(block.AsMemory(0, length), ct);
                left -= length;
                if (!begun)
                    output.Write(Prefix);
                begun = true;
                Encode(block.AsSpan(0, length), output);
                if ((await output.FlushAsync(ct)).IsCompleted)
                    return;
            }

            output.Write(suffix);
            await output.FlushAsync(ct);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(block);
        }
    }

    /// <summary>Encodes into the pieces of memory that the output has at hand, so that it need not make large ones.</summary>
    private static void Encode(ReadOnlySpan<byte> block, PipeWriter output)
    {
        while (!block.IsEmpty)
        {
            Base64.EncodeToUtf8(block, output.GetSpan(sizeHint: 4), out var consumed, out var written);
            output.Advance(written);
            block = block[consumed..];
        }
    }

    private static string Encode(string text) => JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).ToString();
}
