using System.Buffers;
using System.Security.Cryptography;
using Registry.Core.Storage;

namespace Registry.Core.Content;

/// <summary>Reads whole blobs, in memory that does not grow with them.</summary>
internal static class BlobBytes
{
    private const int BufferBytes = 128 * 1024;

    /// <summary>Reads to the end and gives the sha256 of what came.</summary>
    /// <param name="content">The bytes.</param>
    /// <param name="take">Also gets them, piece by piece; null where only the digest is wanted.</param>
    /// <param name="count">Told of how many came, piece by piece; null where nobody counts.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<Digest> HashAsync(
        Stream content,
        Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask>? take,
        Action<long>? count,
        CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            int read;
            while ((read = await content.ReadAsync(buffer, cancellationToken)) > 0)
            {
                hash.AppendData(buffer, 0, read);
                if (take is not null)
                    await take(buffer.AsMemory(0, read), cancellationToken);
                count?.Invoke(read);
            }

            return Digest.FromHash(hash.GetHashAndReset());
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
