using System.Buffers;
using System.IO.Pipelines;

namespace Registry.Core.Content;

/// <summary>The compressed side of an inspection: a pipe as the stream that GZipStream reads, which remembers what was asked of it.</summary>
internal sealed class GzipSource(PipeReader pipe) : ForwardReadStream(null)
{
    private const byte Magic1 = 0x1f;
    private const byte Magic2 = 0x8b;
    private readonly byte[] magic = new byte[2];

    /// <summary>How many bytes have been read.</summary>
    public long BytesRead { get; private set; }

    /// <summary>True once a reader has been told that there is no more.</summary>
    public bool EndSeen { get; private set; }

    /// <summary>True when the first two bytes are those of a gzip.</summary>
    public bool BeginsAsGzip => magic is [Magic1, Magic2];

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var result = await pipe.ReadAsync(cancellationToken);
        var taken = result.Buffer.Slice(0, Math.Min(result.Buffer.Length, buffer.Length));
        var length = (int)taken.Length;
        taken.CopyTo(buffer.Span);
        pipe.AdvanceTo(taken.End);
        for (var i = 0; i < length && BytesRead + i < magic.Length; i++)
            magic[BytesRead + i] = buffer.Span[i];
        BytesRead += length;
        EndSeen |= length == 0 && !buffer.IsEmpty;
        return length;
    }
}
