using System.Buffers;
using System.IO.Pipelines;

namespace Registry.Core.Content;

/// <summary>
/// The compressed side of an inspection: a pipe as the stream that GZipStream reads, which remembers what was asked of
/// it. A run of NUL bytes is given out only once it is known what comes after it: whoever asks for more when only NULs
/// are left has used up everything before them, so that what follows the gzip is padding, as tar and block devices
/// leave it.
/// </summary>
internal sealed class GzipSource(PipeReader pipe) : ForwardOnlyStream(null)
{
    private const byte Magic1 = 0x1f;
    private const byte Magic2 = 0x8b;
    private readonly byte[] head = new byte[FileKind.HeadBytes];
    private long heldZeros;

    /// <summary>How many bytes have been read.</summary>
    public long BytesRead { get; private set; }

    /// <summary>True once a reader has been told that there is no more.</summary>
    public bool EndSeen { get; private set; }

    /// <summary>True once everything but the NUL bytes at the end has been read.</summary>
    public bool PaddingSeen { get; private set; }

    /// <summary>True when the first two bytes are those of a gzip.</summary>
    public bool BeginsAsGzip => head is [Magic1, Magic2, ..];

    /// <summary>The first bytes that have been read; NULs where there were fewer.</summary>
    public ReadOnlySpan<byte> Head => head;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty)
            return 0;
        while (true)
        {
            var result = await pipe.ReadAsync(cancellationToken);
            var zeros = LeadingZeros(result.Buffer);
            if (zeros > 0)
            {
                heldZeros += zeros;
                pipe.AdvanceTo(result.Buffer.GetPosition(zeros));
            }
            else if (result.Buffer.IsEmpty)
            {
                pipe.AdvanceTo(result.Buffer.Start);
                if (!result.IsCompleted)
                    continue;
                PaddingSeen |= heldZeros > 0;
                EndSeen |= heldZeros == 0;
                return GiveZeros(buffer.Span);
            }
            else if (heldZeros > 0)
            {
                pipe.AdvanceTo(result.Buffer.Start);
                return GiveZeros(buffer.Span);
            }
            else
            {
                return Give(result.Buffer, buffer.Span);
            }
        }
    }

    private static long LeadingZeros(ReadOnlySequence<byte> bytes)
    {
        var zeros = 0L;
        foreach (var segment in bytes)
        {
            var other = segment.Span.IndexOfAnyExcept((byte)0);
            if (other >= 0)
                return zeros + other;
            zeros += segment.Length;
        }

        return zeros;
    }

    /// <summary>Gives out what begins with another byte than NUL, without the NULs at its end.</summary>
    private int Give(ReadOnlySequence<byte> bytes, Span<byte> buffer)
    {
        var taken = bytes.Slice(0, Math.Min(bytes.Length, buffer.Length));
        taken.CopyTo(buffer);
        var length = buffer[..(int)taken.Length].LastIndexOfAnyExcept((byte)0) + 1;
        pipe.AdvanceTo(bytes.GetPosition(length));
        return Count(buffer[..length]);
    }

    private int GiveZeros(Span<byte> buffer)
    {
        var given = buffer[..(int)Math.Min(heldZeros, buffer.Length)];
        given.Clear();
        heldZeros -= given.Length;
        return Count(given);
    }

    private int Count(ReadOnlySpan<byte> given)
    {
        if (BytesRead < head.Length)
            given[..(int)Math.Min(given.Length, head.Length - BytesRead)].CopyTo(head.AsSpan((int)BytesRead));
        BytesRead += given.Length;
        return given.Length;
    }
}
