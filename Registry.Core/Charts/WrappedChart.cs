using System.Buffers;
using System.IO.Compression;
using System.Security.Cryptography;
using Registry.Core.Content;
using Registry.Core.Storage;

namespace Registry.Core.Charts;

/// <summary>
/// An archive that Helm can load, made from a chart whose Chart.yaml is not in a folder: all its entries are moved into
/// one.
/// </summary>
/// <param name="Digest">The sha256 of the archive; the default value when it is rejected.</param>
/// <param name="Size">The length of the archive in bytes.</param>
/// <param name="Refusal">Why there is no such archive, as a sentence; null when there is one.</param>
public sealed record WrappedChart(Digest Digest, long Size, string? Refusal)
{
    private const int BufferBytes = 64 << 10;

    /// <summary>
    /// Writes the archive. The same archive and folder always give the same bytes. Memory does not grow with the size.
    /// </summary>
    /// <param name="archive">The gzipped tar, which was accepted before.</param>
    /// <param name="folder">The name of the folder: that of the chart.</param>
    /// <param name="write">Receives the bytes; the memory may be used until it completes.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The result. When it is rejected, some bytes may have been written.</returns>
    /// <exception cref="InvalidDataException">The archive is not a gzipped tar.</exception>
    public static async Task<WrappedChart> WriteAsync(
        Stream archive,
        string folder,
        Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> write,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(archive);
        ArgumentNullException.ThrowIfNull(write);
        if (folder is null or "" or "." or ".." || folder.AsSpan().ContainsAny('/', '\\', '\0'))
            throw new ArgumentException($"'{folder}' is not the name of a folder.", nameof(folder));
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var packed = new FixedGzip();
        using var wrapped = new FolderTar(folder, packed.Write);
        var tar = new TarWalker(int.MaxValue, wrapped);
        await using var unpacked = new GZipStream(archive, CompressionMode.Decompress, leaveOpen: true);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        var size = 0L;
        try
        {
            int read;
            while ((read = await unpacked.ReadAsync(buffer, cancellationToken)) > 0)
            {
                if ((tar.Feed(buffer.AsSpan(0, read)) ?? wrapped.Refusal) is { } refusal)
                    return new WrappedChart(default, 0, refusal);
                await SendAsync();
            }

            if (tar.End() is { } incomplete)
                return new WrappedChart(default, 0, incomplete);
            wrapped.End();
            packed.End();
            await SendAsync();
            return new WrappedChart(Digest.FromHash(hash.GetHashAndReset()), size, null);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        async ValueTask SendAsync()
        {
            hash.AppendData(packed.Output.Span);
            size += packed.Output.Length;
            await write(packed.Output, cancellationToken);
            packed.ClearOutput();
        }
    }
}
