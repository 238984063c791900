using System.Buffers;
using Registry.Core.Repositories;

namespace Registry.Api.Oci;

/// <summary>Reads the body of a pushed manifest, which is in memory as a whole.</summary>
internal static class ManifestBody
{
    /// <summary>
    /// The memory of a push in multiples of the length of the manifest: the bytes, and what is parsed from them.
    /// </summary>
    private const long MemoryFactor = 4;

    /// <summary>The buffer of a body without a length: enough for most manifests.</summary>
    private const int FirstBufferBytes = 4096;

    /// <summary>Returns the memory of a push, in bytes.</summary>
    /// <param name="contentLength">The length of the body, in bytes; null when it is unknown.</param>
    public static long MemoryOf(long? contentLength) =>
        MemoryFactor * (contentLength ?? RepositoryManifests.MaxManifestBytes);

    /// <summary>Reads the body to its end; null when it exceeds the limit.</summary>
    /// <param name="request">The request; its body must be unread.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    public static async Task<ReadOnlyMemory<byte>?> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        var bytes = new ArrayBufferWriter<byte>(Math.Max((int)(request.ContentLength ?? FirstBufferBytes), 1));
        while (true)
        {
            var read = await request.BodyReader.ReadAsync(cancellationToken);
            if (bytes.WrittenCount + read.Buffer.Length > RepositoryManifests.MaxManifestBytes)
            {
                request.BodyReader.AdvanceTo(read.Buffer.End);
                return null;
            }

            foreach (var segment in read.Buffer)
                bytes.Write(segment.Span);
            request.BodyReader.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
                return bytes.WrittenMemory;
        }
    }
}
