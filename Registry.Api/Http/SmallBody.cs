using System.Buffers;
using Registry.Api.Http.Transfers;
using Registry.Core.Errors;

namespace Registry.Api.Http;

/// <summary>Reads request bodies that fit into memory.</summary>
internal static class SmallBody
{
    /// <summary>
    /// The memory of a request in multiples of the length of its body: the bytes, and what is parsed from them.
    /// </summary>
    private const long MemoryFactor = 4;

    /// <summary>The buffer of a body without a length: enough for most bodies.</summary>
    private const int FirstBufferBytes = 4096;

    /// <summary>Reserves memory, and reads a body to its end.</summary>
    /// <param name="request">The request; its body must be unread.</param>
    /// <param name="maxBytes">The longest body, in bytes.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The bytes; null for a longer body.</returns>
    /// <exception cref="RegistryException">
    /// <see cref="ErrorCode.Unavailable"/>: the memory budget is exhausted.
    /// </exception>
    public static async Task<ReadOnlyMemory<byte>?> ReadAsync(
        HttpRequest request, int maxBytes, CancellationToken cancellationToken)
    {
        if (request.ContentLength > maxBytes)
            return null;
        await RequestTransfer.Of(request.HttpContext)
            .ReserveInputAsync(MemoryFactor * (request.ContentLength ?? maxBytes), cancellationToken);
        var bytes = new ArrayBufferWriter<byte>(Math.Max((int)(request.ContentLength ?? FirstBufferBytes), 1));
        while (true)
        {
            var read = await request.BodyReader.ReadAsync(cancellationToken);
            if (bytes.WrittenCount + read.Buffer.Length > maxBytes)
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
