using System.Buffers;
using System.Collections.Immutable;
using System.IO.Compression;
using System.Text;

namespace Registry.Core.Content;

/// <summary>
/// Unpacks the files of an untrusted gzipped tar into memory, within limits. What exceeds a limit is left out.
/// </summary>
internal sealed class ArchiveUnpacker : ITarObserver, IDisposable
{
    /// <summary>The maximum number of bytes to unpack, headers included.</summary>
    public const int MaxUnpackedBytes = 10 << 20;

    /// <summary>
    /// The maximum number of bytes of the archive to read: enough for incompressible content of the maximum size.
    /// </summary>
    public const int MaxPackedBytes = MaxUnpackedBytes + (1 << 20);

    /// <summary>The maximum size of a file that is kept, in bytes.</summary>
    public const int MaxFileBytes = 1 << 20;

    /// <summary>The maximum number of files.</summary>
    public const int MaxFiles = 2000;

    /// <summary>The maximum length of a path, in characters. Linux allows paths of up to 4,096 bytes.</summary>
    public const int MaxPathLength = 1024;

    /// <summary>The maximum number of characters of all paths together: a page shows each of them, escaped.</summary>
    public const int MaxPathsLength = 128 << 10;

    private const int BufferBytes = 64 << 10;

    private readonly TarExtensions extensions = new();
    private readonly SortedDictionary<string, Entry> files = new(StringComparer.Ordinal);
    private Entry? current;
    private int pathsLength;
    private bool isFull;

    /// <summary>Unpacks an archive.</summary>
    /// <param name="packed">The bytes, or the first <see cref="MaxPackedBytes"/> of them.</param>
    /// <param name="isWhole">Whether these are all bytes.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public static async Task<ArchiveFiles> UnpackAsync(
        Stream packed, bool isWhole, CancellationToken cancellationToken)
    {
        using var unpacker = new ArchiveUnpacker();
        var isComplete = await unpacker.ReadAsync(packed, cancellationToken);
        return new ArchiveFiles(unpacker.Result(), isWhole && isComplete && !unpacker.isFull);
    }

    /// <inheritdoc/>
    public bool Begin(TarHeader header, ReadOnlySpan<byte> block)
    {
        current = null;
        if (header.ExtendsNext)
            return extensions.Begin(header);
        if (header.IsExtension)
            return false;

        // The data of a sparse file in pax format is not its content.
        var isFile = header.IsRegular
            && !extensions.IsTooLarge
            && extensions.Pax.IndexOf("GNU.sparse."u8) < 0;
        var path = isFile ? PathOf(block) : "";
        extensions.Clear();
        if (path.Length == 0 || path.EndsWith('/'))
            return false;
        if (files.Count >= MaxFiles
            || path.Length > MaxPathLength
            || pathsLength + path.Length > MaxPathsLength)
        {
            isFull = true;
            return false;
        }

        // Of several files with the same path the last one counts, as in tar.
        pathsLength += path.Length;
        files[path] = current = new Entry(header.DataBytes);
        return current.IsKept;
    }

    /// <inheritdoc/>
    public bool Continue(ReadOnlySpan<byte> block) => false;

    /// <inheritdoc/>
    public void Data(ReadOnlySpan<byte> bytes)
    {
        if (current is null)
            extensions.Data(bytes);
        else
            current.Write(bytes);
    }

    /// <inheritdoc/>
    public void Dispose() => extensions.Dispose();

    private async Task<bool> ReadAsync(Stream packed, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            await using var gzip = new GZipStream(packed, CompressionMode.Decompress, leaveOpen: true);
            var tar = new TarWalker(int.MaxValue, this);
            var left = MaxUnpackedBytes;
            int read;
            while ((read = await gzip.ReadAsync(buffer.AsMemory(0, BufferBytes), cancellationToken)) > 0)
            {
                if (tar.Feed(buffer.AsSpan(0, Math.Min(read, left))) is not null || (left -= read) < 0)
                    return false;
            }

            return tar.End() is null;
        }
        catch (InvalidDataException)
        {
            // The archive was cut off at the limit, or is not a gzip: OCI clients may push any content.
            return false;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private ImmutableArray<ArchiveFile> Result()
    {
        var folder = FolderOf(files.Keys);
        return
        [
            .. files.Select(file => new ArchiveFile(
                file.Key[folder.Length..],
                file.Value.Size,
                file.Value.IsWhole ? file.Value.Content : (ReadOnlyMemory<byte>?)null)),
        ];
    }

    /// <summary>Returns the folder that has all files, with its slash; empty when there is none.</summary>
    private static string FolderOf(IEnumerable<string> paths)
    {
        string? folder = null;
        foreach (var path in paths)
        {
            folder ??= path[..(path.IndexOf('/', StringComparison.Ordinal) + 1)];
            if (!path.StartsWith(folder, StringComparison.Ordinal))
                return "";
        }

        return folder ?? "";
    }

    private string PathOf(ReadOnlySpan<byte> block)
    {
        var path = Encoding.UTF8.GetString(extensions.PathOf(block)).Replace('\\', '/');
        while (path.StartsWith("./", StringComparison.Ordinal))
            path = path[2..];
        return path;
    }

    /// <summary>A file. Its buffer has its size, because a buffer that grows takes up to twice as much.</summary>
    private sealed class Entry(long size)
    {
        private int written;

        public long Size => size;

        public bool IsKept => Content.Length > 0;

        public byte[] Content { get; } = size is > 0 and <= MaxFileBytes ? new byte[size] : [];

        public bool IsWhole => written == size;

        public void Write(ReadOnlySpan<byte> bytes)
        {
            bytes.CopyTo(Content.AsSpan(written));
            written += bytes.Length;
        }
    }
}
