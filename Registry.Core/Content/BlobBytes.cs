using System.Buffers;
using System.Security.Cryptography;
using Registry.Core.Storage;

namespace Registry.Core.Content;

/// <summary>Reads whole blobs in constant memory.</summary>
internal static class BlobBytes
{
    private const int BufferBytes = 128 * 1024;

    /// <summary>Reads a stream to its end.</summary>
    /// <param name="content">The bytes.</param>
    /// <param name="take">Receives the bytes in pieces.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public static async Task CopyAsync(
        Stream content,
        Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> take,
        CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            int read;
            while ((read = await content.ReadAsync(buffer, cancellationToken)) > 0)
                await take(buffer.AsMemory(0, read), cancellationToken);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Reads a stream to its end and returns its sha256.</summary>
    /// <param name="content">The bytes.</param>
    /// <param name="take">Receives the bytes in pieces; null to compute the digest only.</param>
    /// <param name="count">Receives the length of each piece; null for none.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public static async Task<Digest> HashAsync(
        Stream content,
        Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask>? take,
        Action<long>? count,
        CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await CopyAsync(
            content,
            async (bytes, token) =>
            {
                hash.AppendData(bytes.Span);
                if (take is not null)
                    await take(bytes, token);
                count?.Invoke(bytes.Length);
            },
            cancellationToken);
        return Digest.FromHash(hash.GetHashAndReset());
    }
}
