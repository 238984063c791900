using System.Buffers;
using System.IO.Pipelines;
using System.Text.Encodings.Web;
using System.Text.Json;
using Registry.Core.Storage;

namespace Registry.Api.Cnr;

/// <summary>
/// The JSON form of a blob: an object whose member <c>blob</c> is its base64, canonical and in one line, followed by a
/// few short members. Written as the blob is read, in memory that does not grow with it; its length is known
/// beforehand.
/// </summary>
internal sealed class BlobJson
{
    // Base64 and the writer's own reserve fit 4 KiB, the memory that the server's pipe hands out.
    // More would be rented apart from it.
    private const int SegmentBytes = 3000;

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly long blobLength;
    private readonly (string Name, string Value)[] members;

    /// <summary>Describes the answer.</summary>
    /// <param name="blobLength">The length of the blob, in bytes.</param>
    /// <param name="members">The members after <c>blob</c>, in their order.</param>
    public BlobJson(long blobLength, params ReadOnlySpan<(string Name, string Value)> members)
    {
        this.blobLength = blobLength;
        this.members = members.ToArray();
        var empty = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(empty, Options);
        Begin(json);
        End(json, empty);
        ContentLength = empty.WrittenCount + ((blobLength + 2) / 3 * 4);
    }

    /// <summary>The length of the whole answer, in bytes.</summary>
    public long ContentLength { get; }

    /// <summary>Writes the answer. Stops without an error when nobody reads it any more.</summary>
    /// <param name="blob">The blob, read from its first byte; stays the caller's.</param>
    /// <param name="output">Where to.</param>
    /// <param name="bufferBytes">About how many bytes to hand to the output at once; at least 16.</param>
    /// <param name="cancellationToken">Cancels the writing.</param>
    /// <exception cref="StorageException">
    /// The blob has another length than was said, or could not be read to its end. What was written, if anything, is
    /// not the whole answer: break the connection.
    /// </exception>
    public async Task WriteAsync(
        BlobReader blob, PipeWriter output, int bufferBytes, CancellationToken cancellationToken)
    {
        if (blob.Length != blobLength)
            throw new StorageException(
                StorageFault.Corrupt, $"The blob gives {blob.Length} bytes where {blobLength} are recorded.");
        // Block and text together fit the buffer.
        var blockBytes = bufferBytes / 8 * 3;
        var block = ArrayPool<byte>.Shared.Rent(blockBytes);
        try
        {
            await using var json = new Utf8JsonWriter(output, Options);
            // Nothing is written before the first bytes are there: a storage that fails until then can still be
            // answered 503.
            var begun = false;
            for (var left = blobLength; left > 0 || !begun;)
            {
                var length = (int)Math.Min(left, blockBytes);
                await blob.Content.ReadExactlyAsync(block.AsMemory(0, length), cancellationToken);
                left -= length;
                if (!begun)
                    Begin(json);
                begun = true;
                Append(json, block.AsSpan(0, length));
                if ((await output.FlushAsync(cancellationToken)).IsCompleted)
                    return;
            }

            End(json, output);
            await output.FlushAsync(cancellationToken);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(block);
        }
    }

    private static void Begin(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WritePropertyName("blob"u8);
    }

    /// <summary>
    /// Hands everything to the output: its memory is not the writer's any more once the output is flushed.
    /// </summary>
    private static void Append(Utf8JsonWriter json, ReadOnlySpan<byte> block)
    {
        for (; block.Length > SegmentBytes; block = block[SegmentBytes..])
            json.WriteBase64StringSegment(block[..SegmentBytes], isFinalSegment: false);
        json.WriteBase64StringSegment(block, isFinalSegment: false);
        json.Flush();
    }

    private void End(Utf8JsonWriter json, IBufferWriter<byte> output)
    {
        json.WriteBase64StringSegment([], isFinalSegment: true);
        foreach (var (name, value) in members)
            json.WriteString(name, value);
        json.WriteEndObject();
        json.Flush();
        output.Write("\n"u8);
    }
}
