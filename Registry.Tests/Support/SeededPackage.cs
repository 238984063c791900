using System.Buffers.Binary;
using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;

namespace Registry.Tests.Support;

/// <summary>
/// A package with one incompressible file, generated deterministically while it is written: it may exceed memory.
/// </summary>
/// <param name="Seed">The seed of the content.</param>
/// <param name="FileBytes">The length of the file in bytes; the package is slightly larger.</param>
internal sealed record SeededPackage(int Seed, long FileBytes)
{
    /// <summary>Writes the <c>.tar.gz</c>.</summary>
    public async Task WriteAsync(
        Stream output, CancellationToken cancellationToken) => await WriteAsync(output, Stream.Null, cancellationToken);

    /// <summary>Returns the <c>.tar.gz</c> of a small package.</summary>
    public async Task<byte[]> ToArrayAsync(CancellationToken cancellationToken)
    {
        var bytes = new MemoryStream();
        await WriteAsync(bytes, cancellationToken);
        return bytes.ToArray();
    }

    /// <summary>
    /// Returns the sha256 of the tar (CNR's digest), and the sha256 and length of the <c>.tar.gz</c>.
    /// </summary>
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

/// <summary>Pseudo-random bytes, deterministic by seed: SplitMix64 of each word's position.</summary>
internal sealed class NoiseStream(int seed, long length) : ReadStream
{
    private const ulong Step = 0x9E3779B97F4A7C15;

    /// <summary>True because a tar entry requires a source of known length.</summary>
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

/// <summary>Hashes and counts written bytes and discards them.</summary>
internal sealed class HashingStream : WriteStream
{
    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    public override long Length => Count;

    /// <summary>Returns the sha256 of all written bytes, in lower-case hex.</summary>
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

/// <summary>Writes to two streams.</summary>
internal sealed class TeeStream(Stream one, Stream two) : WriteStream
{
    public override async ValueTask WriteAsync(
        ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await one.WriteAsync(buffer, cancellationToken);
        await two.WriteAsync(buffer, cancellationToken);
    }
}
