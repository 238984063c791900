using System.Buffers.Text;

namespace Registry.Tests.Support;

/// <summary>Encodes what is written to it as base64. Call <see cref="FinishAsync"/> at the end.</summary>
internal sealed class Base64WriteStream(Stream output) : WriteStream
{
    private readonly byte[] block = new byte[48 << 10];
    private readonly byte[] text = new byte[64 << 10];
    private int held;

    public override async ValueTask WriteAsync(
        ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!buffer.IsEmpty)
        {
            var taken = Math.Min(buffer.Length, block.Length - held);
            buffer[..taken].CopyTo(block.AsMemory(held));
            held += taken;
            buffer = buffer[taken..];
            if (held == block.Length)
                await FinishAsync(cancellationToken);
        }
    }

    /// <summary>Writes the buffered bytes, with padding if necessary.</summary>
    public async Task FinishAsync(CancellationToken cancellationToken)
    {
        Base64.EncodeToUtf8(block.AsSpan(0, held), text, out _, out var written);
        held = 0;
        await output.WriteAsync(text.AsMemory(0, written), cancellationToken);
    }
}

/// <summary>Finds the member <c>blob</c> in a JSON stream and decodes its base64.</summary>
internal static class BlobMember
{
    /// <summary>Reads the JSON to its end.</summary>
    /// <exception cref="FormatException">
    /// The member is missing or not canonical base64, or the JSON ends within it.
    /// </exception>
    public static async Task DecodeAsync(Stream json, Stream output, CancellationToken cancellationToken)
    {
        var buffer = new byte[64 << 10];
        var bytes = new byte[48 << 10];
        var held = 0;
        var inside = false;
        var done = false;
        int read;
        while ((read = await json.ReadAsync(buffer.AsMemory(held), cancellationToken)) > 0)
        {
            held += read;
            if (done)
            {
                held = 0;
                continue;
            }

            var start = 0;
            if (!inside)
            {
                start = buffer.AsSpan(0, held).IndexOf("\"blob\":\""u8);
                if (start < 0)
                    continue;
                start += "\"blob\":\"".Length;
                inside = true;
            }

            var end = buffer.AsSpan(start, held - start).IndexOf((byte)'"');
            done = end >= 0;
            var length = done ? end : (held - start) / 4 * 4;
            if (Base64.DecodeFromUtf8(
                buffer.AsSpan(start, length), bytes, out var used, out var written, isFinalBlock: done)
                != System.Buffers.OperationStatus.Done || used != length)
                throw new FormatException("The blob is not base64.");
            await output.WriteAsync(bytes.AsMemory(0, written), cancellationToken);
            start += length;
            buffer.AsSpan(start, held - start).CopyTo(buffer);
            held -= start;
        }

        if (!done)
            throw new FormatException("The JSON has no complete blob.");
    }
}
