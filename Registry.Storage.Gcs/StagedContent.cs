using System.Buffers;
using System.Net;
using System.Net.Http.Headers;

namespace Registry.Storage.Gcs;

/// <summary>
/// A staged blob as the content of a request. It can be sent repeatedly, and restarts the timeout of its attempt when
/// bytes are sent.
/// </summary>
internal sealed class StagedContent : HttpContent
{
    /// <summary>The size of the send buffer in bytes.</summary>
    public const int BufferBytes = 128 * 1024;

    private readonly StagedBlob staged;
    private readonly GcsAttempt attempt;

    public StagedContent(StagedBlob staged, GcsAttempt attempt)
    {
        (this.staged, this.attempt) = (staged, attempt);
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
                    throw new IOException("The staged file was truncated.");
                await stream.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
                sent += read;
                attempt.ReportProgress();
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
