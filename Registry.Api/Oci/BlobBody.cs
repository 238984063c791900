using System.Buffers;
using Registry.Core.Errors;

namespace Registry.Api.Oci;

/// <summary>Reads the body of a request with the bytes of a blob, in constant memory.</summary>
internal static class BlobBody
{
    /// <summary>The memory of a push, in bytes: this buffer, and the one that copies bytes that are staged.</summary>
    public const int MemoryBytes = 2 * BufferBytes;

    private const int BufferBytes = 128 * 1024;

    /// <summary>Reads the body to its end.</summary>
    /// <param name="request">The request; its body must be unread.</param>
    /// <param name="range">The place of the bytes in the upload; null when the request does not name it.</param>
    /// <param name="write">Receives the bytes. The memory is reused when the call completes.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="RegistryException">
    /// <see cref="ErrorCode.InvalidSize"/>: the body does not have the length of the range.
    /// </exception>
    public static async Task CopyAsync(
        HttpRequest request,
        ContentRange? range,
        Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> write,
        CancellationToken cancellationToken)
    {
        var left = range?.Length ?? long.MaxValue;
        var buffer = ArrayPool<byte>.Shared.Rent(
            (int)Math.Clamp(request.ContentLength ?? BufferBytes, 1, BufferBytes));
        try
        {
            int read;
            while ((read = await request.Body.ReadAtLeastAsync(
                buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken)) > 0)
            {
                left -= read;
                if (left < 0)
                    break;
                await write(buffer.AsMemory(0, read), cancellationToken);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        if (range is { } announced && left != 0)
            throw OciErrors.OtherLength(announced);
    }
}
