using System.Buffers.Binary;
using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;

namespace Registry.Tests.Support;

/// <summary>
/// A package of one file that no compressor makes smaller, made as it is written, the same each time: it can be larger
/// than memory.
/// </summary>
/// <param name="Seed">What tells it from others.</param>
/// <param name="FileBytes">The length of the file in it; the package is slightly larger.</param>
internal sealed record SeededPackage(int Seed, long FileBytes)
{
    /// <summary>Writes the <c>.tar.gz</c>.</summary>
    public async Task WriteAsync(
        Stream output, CancellationToken cancellationToken) => await WriteAsync(output, Stream.Null, cancellationToken);

    /// <summary>The <c>.tar.gz</c>, of a small one.</summary>
    public async Task<byte[]> ToArrayAsync(CancellationToken cancellationToken)
    {
        var bytes = new MemoryStream();
        await WriteAsync(bytes, cancellationToken);
        return bytes.ToArray();
    }

    /// <summary>The sha256 of the tar, which is CNR's digest; that of the <c>.tar.gz</c>; and its length.</summary>
    public async Task<(string Tar, string Gzip, long Length)> DigestsAsync(CancellationToken cancellationToken)
    {
        await using var tar = new HashingStream();
        await using var gzip = new HashingStream();
        await WriteAsync(gzip, tar, cancellationToken);
        return (tar.Hex(), gzip.Hex(), gzip.Length);
    }

    private async Task WriteAsync(Stream output, Stream tarCopy, CancellationToken cancellationToken)
    {
        await using var gzip = new GZipStream(output, CompressionLevel.NoCompression, leaveOpen: true);
        await using var both = new TeeStream(gzip, tarCopy);
        await using var tar = new TarWriter(both, leaveOpen: true);
        var file = new UstarTarEntry(TarEntryType.RegularFile, "chart/values.bin")
        {
            ModificationTime = DateTimeOffset.UnixEpoch,
            DataStream = new NoiseStream(Seed, FileBytes),
        };
        await tar.WriteEntryAsync(file, cancellationToken);
    }
}

/// <summary>Bytes without a pattern, the same for the same seed: SplitMix64 of each word's place.</summary>
internal sealed class NoiseStream(int seed, long length) : ReadStream
{
    private const ulong Step = 0x9E3779B97F4A7C15;

    /// <summary>A tar is written on from a file whose length is known.</summary>
    public override bool CanSeek => true;

    public override long Length => length;

    public override int Read(Span<byte> buffer)
    {
        buffer = buffer[..(int)Math.Min(buffer.Length, length - Count)];
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        for (var rest = buffer; rest.Length > 0;)
        {
            var (place, within) = Math.DivRem(Count, sizeof(ulong));
            BinaryPrimitives.WriteUInt64LittleEndian(bytes, Mix((((ulong)seed << 40) + (ulong)place) * Step));
            var taken = Math.Min(sizeof(ulong) - (int)within, rest.Length);
            bytes.Slice((int)within, taken).CopyTo(rest);
            rest = rest[taken..];
            Count += taken;
        }

        return buffer.Length;
    }

    private static ulong Mix(ulong word)
    {
        word = (word ^ (word >> 30)) * 0xBF58476D1CE4E5B9;
        word = (word ^ (word >> 27)) * 0x94D049BB133111EB;
        return word ^ (word >> 31);
    }
}

/// <summary>Hashes and counts what is written, and keeps nothing.</summary>
internal sealed class HashingStream : WriteStream
{
    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    public override long Length => Count;

    /// <summary>The sha256 of all that was written, in lower-case hex.</summary>
    public string Hex() => Convert.ToHexStringLower(hash.GetCurrentHash());

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        hash.AppendData(buffer.Span);
        Count += buffer.Length;
        return ValueTask.CompletedTask;
    }

    protected override void Dispose(bool disposing)
    {
        hash.Dispose();
        base.Dispose(disposing);
    }
}

/// <summary>Writes everything twice.</summary>
internal sealed class TeeStream(Stream one, Stream two) : WriteStream
{
    public override async ValueTask WriteAsync(
        ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await one.WriteAsync(buffer, cancellationToken);
        await two.WriteAsync(buffer, cancellationToken);
    }
}
