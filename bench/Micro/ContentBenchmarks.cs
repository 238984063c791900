using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using BenchmarkDotNet.Attributes;
using Registry.Api.Cnr.Push;
using Registry.Core.Content;

namespace Registry.Bench.Micro;

/// <summary>The processing of 1 MiB of a push.</summary>
public class ContentBenchmarks
{
    private const int Bytes = 1 << 20;

    private readonly byte[] decoded = new byte[Bytes + 1024];
    private readonly ContentLimits limits = new();
    private byte[] content = [];
    private byte[] packed = [];
    private byte[] base64 = [];
    private byte[] base64Lines = [];

    [GlobalSetup]
    public void SetUp()
    {
        content = new byte[Bytes];
        new Random(1).NextBytes(content);
        packed = Pack(content);
        var text = Convert.ToBase64String(content);
        base64 = System.Text.Encoding.ASCII.GetBytes(text);
        base64Lines = System.Text.Encoding.ASCII.GetBytes(
            string.Join('\n', text.Chunk(76).Select(static line => new string(line))));
    }

    [Benchmark]
    public int DecodeBase64() => Decode(base64);

    [Benchmark]
    public int DecodeBase64InLines() => Decode(base64Lines);

    [Benchmark]
    public byte[] Hash() => SHA256.HashData(content);

    /// <summary>Gunzips, walks the tar, and hashes it.</summary>
    [Benchmark]
    public async Task<string> Inspect()
    {
        await using var inspection = new ContentInspection(limits);
        for (var at = 0; at < packed.Length; at += 64 * 1024)
            await inspection.WriteAsync(
                packed.AsMemory(at, Math.Min(64 * 1024, packed.Length - at)), CancellationToken.None);
        return (await inspection.CompleteAsync(CancellationToken.None)).TarDigest.Value;
    }

    private static byte[] Pack(byte[] content)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        using (var tar = new TarWriter(gzip))
            tar.WriteEntry(
                new UstarTarEntry(TarEntryType.RegularFile, "content") { DataStream = new MemoryStream(content) });
        return packed.ToArray();
    }

    private int Decode(byte[] text)
    {
        new Base64Decoder().Decode(text, decoded, out _, out var written);
        return written;
    }
}
