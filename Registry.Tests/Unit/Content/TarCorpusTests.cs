using System.Formats.Tar;
using NUnit.Framework;
using Registry.Core.Content;
using Registry.Tests.Support;

namespace Registry.Tests.Unit.Content;

/// <summary>Unusual archives, read by the registry's own reader and by the framework's (ADR 16).</summary>
public sealed class TarCorpusTests
{
    private const int MaxEntries = 100_000;
    private const int PieceBytes = 5000;
    private const int AllowedBytes = 64 << 10;

    private static IEnumerable<TarCase> Readable =>
        TarCorpus.All.Where(static testCase => testCase.FrameworkException != TarCase.NotRead);

    [TestCaseSource(typeof(TarCorpus), nameof(TarCorpus.All))]
    public void An_unusual_archive_is_handled_like_tar_does_in_little_memory(TarCase testCase)
    {
        var tar = testCase.Make();
        var before = GC.GetAllocatedBytesForCurrentThread();
        var refusal = Walk(tar);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.That(refusal, testCase.Refusal is null ? Is.Null : Does.Contain(testCase.Refusal));
        Assert.That(allocated, Is.LessThan(AllowedBytes));
    }

    /// <summary>A failure here means that the framework has changed: review ADR 16.</summary>
    [TestCaseSource(nameof(Readable))]
    public async Task The_TarReader_of_the_framework_behaves_as_documented_in_ADR_16(TarCase testCase) =>
        Assert.That(await ReadByFrameworkAsync(testCase.Make()), Is.EqualTo(testCase.FrameworkException));

    private static string? Walk(byte[] tar)
    {
        var walker = new TarWalker(MaxEntries);
        for (var at = 0; at < tar.Length; at += PieceBytes)
            if (walker.Feed(tar.AsSpan(at, Math.Min(PieceBytes, tar.Length - at))) is { } refusal)
                return refusal;
        return walker.End();
    }

    private static async Task<string> ReadByFrameworkAsync(byte[] tar)
    {
        try
        {
            await using var reader = new TarReader(new UnpackedStream(tar));
            while (await reader.GetNextEntryAsync() is not null)
            {
            }

            return "";
        }
        catch (Exception exception)
            when (exception is InvalidDataException or EndOfStreamException or NotSupportedException)
        {
            return exception.GetType().Name;
        }
    }

    /// <summary>A stream that cannot seek, like a decompressed one.</summary>
    private sealed class UnpackedStream(byte[] tar) : ReadStream
    {
        public override int Read(Span<byte> buffer)
        {
            var length = (int)Math.Min(buffer.Length, tar.Length - Count);
            tar.AsSpan((int)Count, length).CopyTo(buffer);
            Count += length;
            return length;
        }
    }
}
