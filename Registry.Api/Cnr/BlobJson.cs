using System.Buffers;
using System.IO.Pipelines;
using System.Text.Encodings.Web;
using System.Text.Json;
using Registry.Core.Storage;

namespace Registry.Api.Cnr;

/// <summary>
/// The JSON form of a blob: an object whose property <c>blob</c> is the canonical base64 in one line, followed by a few
/// short properties. It is written while the blob is read, in constant memory; its length is known in advance.
/// </summary>
internal sealed class BlobJson
{
    // Base64 and the reserve of the writer fit in 4 KiB, the size of the pipe's buffers.
    // More would need a separate rented buffer.
    private const int SegmentBytes = 3000;

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly long blobLength;
    private readonly (string Name, string Value)[] members;

    /// <summary>Creates the response for a blob.</summary>
    /// <param name="blobLength">The length of the blob, in bytes.</param>
    /// <param name="members">The properties after <c>blob</c>, in order.</param>
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

    /// <summary>The length of the whole response, in bytes.</summary>
    public long ContentLength { get; }

    /// <summary>Writes the response. Stops without an error when the client has disconnected.</summary>
    /// <param name="blob">The blob, read from its start; the caller disposes it.</param>
    /// <param name="output">The output.</param>
    /// <param name="bufferBytes">The approximate number of bytes per flush; at least 16.</param>
    /// <param name="cancellationToken">Cancels the writing.</param>
    /// <exception cref="StorageException">
    /// The blob has another length, or could not be read to its end. The response is incomplete: abort the connection.
    /// </exception>
    public async Task WriteAsync(
        BlobReader blob, PipeWriter output, int bufferBytes, CancellationToken cancellationToken)
    {
        if (blob.Length != blobLength)
            throw new StorageException(
                StorageFault.Corrupt, $"The blob has {blob.Length} bytes instead of the recorded {blobLength}.");
        // Block and text together fit the buffer.
        var blockBytes = bufferBytes / 8 * 3;
        var block = ArrayPool<byte>.Shared.Rent(blockBytes);
        try
        {
            await using var json = new Utf8JsonWriter(output, Options);
            // Nothing is written before the first bytes have been read: until then a storage failure can still be
            // answered with 503.
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
    /// Passes everything to the output: the writer must not keep its memory after a flush.
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
