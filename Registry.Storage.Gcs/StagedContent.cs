using System.Buffers;
using System.Net;
using System.Net.Http.Headers;

namespace Registry.Storage.Gcs;

/// <summary>
/// A staged blob as the body of a request. It can be sent any number of times, and tells its try when bytes have moved.
/// </summary>
internal sealed class StagedContent : HttpContent
{
    /// <summary>The memory that sending takes, in bytes.</summary>
    public const int BufferBytes = 128 * 1024;

    private readonly StagedBlob staged;
    private readonly GcsAttempt now;

    public StagedContent(StagedBlob staged, GcsAttempt now)
    {
        (this.staged, this.now) = (staged, now);
        Headers.ContentType = new MediaTypeHeaderValue(GcsMetadata.ContentType);
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(
        Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            for (long sent = 0; sent < staged.Length;)
            {
                var read = staged.Read(buffer.AsSpan(0, (int)Math.Min(buffer.Length, staged.Length - sent)), sent);
                if (read == 0)
                    throw new IOException("The staged upload became shorter.");
                await stream.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
                sent += read;
                now.Moved();
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = staged.Length;
        return true;
    }
}
