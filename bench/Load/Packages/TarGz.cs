using System.IO.Compression;
using System.Text;

namespace Registry.Bench.Load.Packages;

/// <summary>
/// Creates packages of any size, like a chart with binaries: a <c>.tar.gz</c> of one incompressible file.
/// </summary>
internal static class TarGz
{
    private const int TarBlock = 512;

    /// <summary>Returns a small package.</summary>
    /// <param name="bytes">The length of the file in bytes; the package is slightly larger.</param>
    /// <param name="seed">The seed of the content.</param>
    public static byte[] Create(int bytes, int seed)
    {
        using var packed = new MemoryStream(bytes + 4096);
        using (var gzip = new GZipStream(packed, CompressionLevel.NoCompression, leaveOpen: true))
            foreach (var piece in Tar(bytes, seed))
                gzip.Write(piece.Span);
        return packed.ToArray();
    }

    /// <summary>Returns a package of small files.</summary>
    public static byte[] Create(params IEnumerable<(string Name, byte[] Content)> files)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            foreach (var (name, content) in files)
            {
                gzip.Write(Header(name, content.Length));
                gzip.Write(content);
                gzip.Write(new byte[-content.Length & (TarBlock - 1)]);
            }

            gzip.Write(new byte[2 * TarBlock]);
        }

        return packed.ToArray();
    }

    /// <summary>Returns incompressible bytes.</summary>
    public static byte[] Noise(int bytes, int seed)
    {
        var noise = new byte[bytes];
        new Random(seed).NextBytes(noise);
        return noise;
    }

    /// <summary>Writes a package without buffering it.</summary>
    public static async Task WriteAsync(Stream output, long bytes, int seed, CancellationToken cancellationToken)
    {
        await using var gzip = new GZipStream(output, CompressionLevel.NoCompression, leaveOpen: true);
        foreach (var piece in Tar(bytes, seed))
            await gzip.WriteAsync(piece, cancellationToken);
    }

    /// <summary>Returns the tar in pieces.</summary>
    private static IEnumerable<ReadOnlyMemory<byte>> Tar(long bytes, int seed)
    {
        yield return Header("chart/values.bin", bytes);
        var noise = Noise(64 * 1024, seed);
        for (var left = bytes; left > 0; left -= noise.Length)
            yield return noise.AsMemory(0, (int)Math.Min(left, noise.Length));
        yield return new byte[(int)(-bytes & (TarBlock - 1)) + (2 * TarBlock)];
    }

    /// <summary>
    /// Returns a POSIX ustar header with the fields that readers use. The checksum counts its own field as blanks.
    /// </summary>
    private static byte[] Header(string name, long bytes)
    {
        var header = new byte[TarBlock];
        Put(0, name);
        Put(100, "0000644\0");
        Put(108, "0000000\0");
        Put(116, "0000000\0");
        Put(124, Convert.ToString(bytes, 8).PadLeft(11, '0'));
        Put(136, "00000000000");
        Put(148, "        0");
        Put(257, "ustar\0" + "00");
        Put(148, Convert.ToString(header.Sum(static value => value), 8).PadLeft(6, '0') + "\0 ");
        return header;

        void Put(int at, string text) => Encoding.ASCII.GetBytes(text, header.AsSpan(at));
    }
}
