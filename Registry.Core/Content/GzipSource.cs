using System.Buffers;
using System.IO.Pipelines;

namespace Registry.Core.Content;

/// <summary>
/// The compressed side of an inspection: a pipe as the stream that GZipStream reads. It returns a run of NUL bytes only
/// once it knows what follows: when GZipStream asks for more and only NULs are left, it has consumed everything before
/// them, so they are the padding that tar and block devices append.
/// </summary>
internal sealed class GzipSource(PipeReader pipe) : ForwardOnlyStream(null)
{
    private const byte Magic1 = 0x1f;
    private const byte Magic2 = 0x8b;
    private readonly byte[] head = new byte[FileKind.HeadBytes];
    private long heldZeros;

    /// <summary>The number of bytes read.</summary>
    public long BytesRead { get; private set; }

    /// <summary>Whether a read has returned the end.</summary>
    public bool EndSeen { get; private set; }

    /// <summary>Whether everything but the NUL bytes at the end has been read.</summary>
    public bool PaddingSeen { get; private set; }

    /// <summary>Whether the first two bytes are those of a gzip.</summary>
    public bool BeginsAsGzip => head is [Magic1, Magic2, ..];

    /// <summary>The first bytes, padded with NULs.</summary>
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

    /// <summary>Returns bytes that start with a byte other than NUL, without the NULs at the end.</summary>
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
