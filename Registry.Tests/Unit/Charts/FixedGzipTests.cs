using System.IO.Compression;
using System.Text;
using NUnit.Framework;
using Registry.Core.Charts;
using Registry.Tests.Unit.Content;

namespace Registry.Tests.Unit.Charts;

public sealed class FixedGzipTests
{
    private static IEnumerable<TestCaseData> Inputs =>
    [
        Input("nothing", []),
        Input("one byte", [7]),
        Input("two bytes", [7, 7]),
        Input("every byte", [.. Enumerable.Range(0, 256).Select(static value => (byte)value)]),
        Input("zeros", new byte[300_000]),
        Input("random", SampleContent.Random(200_001)),
        Input("text", Encoding.UTF8.GetBytes(Text(20_000))),
        Input("repetition at 32 KiB", Twice(SampleContent.Random(32_768))),
        Input("repetition beyond 32 KiB", Twice(SampleContent.Random(32_769))),
        Input("every length of a repetition", Lengths()),
    ];

    private static TestCaseData Input(string name, byte[] bytes) => new TestCaseData(bytes).SetArgDisplayNames(name);

    private static byte[] Twice(byte[] bytes) => [.. bytes, .. bytes];

    private static string Text(int lines) => string.Join(
        '\n', Enumerable.Range(0, lines).Select(static line => $"key{line % 97}: value of {line * line % 1009}"));

    private static byte[] Lengths()
    {
        var (bytes, phrase) = (new List<byte>(), SampleContent.Random(300, seed: 5));
        for (var length = 1; length <= phrase.Length; length++)
            bytes.AddRange([.. phrase[..length], .. SampleContent.Random(3, seed: length)]);
        return [.. bytes];
    }

    private static byte[] Pack(byte[] input, int pieceBytes)
    {
        using var gzip = new FixedGzip();
        using var packed = new MemoryStream();
        for (var at = 0; at < input.Length; at += pieceBytes)
        {
            gzip.Write(input.AsSpan(at, Math.Min(pieceBytes, input.Length - at)));
            packed.Write(gzip.Output.Span);
            gzip.ClearOutput();
        }

        gzip.End();
        packed.Write(gzip.Output.Span);
        return packed.ToArray();
    }

    private static byte[] Unpack(byte[] packed)
    {
        using var gzip = new GZipStream(new MemoryStream(packed), CompressionMode.Decompress);
        using var unpacked = new MemoryStream();
        gzip.CopyTo(unpacked);
        return unpacked.ToArray();
    }

    [TestCaseSource(nameof(Inputs))]
    public void What_is_packed_can_be_unpacked(byte[] input) =>
        Assert.That(Unpack(Pack(input, 65_536)), Is.EqualTo(input));

    [TestCaseSource(nameof(Inputs))]
    public void The_bytes_do_not_depend_on_the_pieces(byte[] input)
    {
        var whole = Pack(input, int.MaxValue);
        var first = input[..Math.Min(input.Length, 1000)];
        Assert.That(Pack(first, 1), Is.EqualTo(Pack(first, int.MaxValue)));
        foreach (var pieceBytes in (int[])[511, 65_535, 65_536, 65_537])
            Assert.That(Pack(input, pieceBytes), Is.EqualTo(whole));
    }

    [Test]
    public void Text_and_padding_become_much_smaller()
    {
        var text = Encoding.UTF8.GetBytes(Text(20_000));
        Assert.That(Pack(text, 65_536), Has.Length.LessThan(text.Length / 3));
        Assert.That(Pack(new byte[300_000], 65_536), Has.Length.LessThan(3000));
    }

    /// <summary>
    /// Digests of archives are recorded. A change of these bytes would give the archives of equal charts new digests.
    /// </summary>
    [Test]
    public void The_bytes_never_change() => Assert.That(
        SampleContent.Sha256(Pack(Encoding.UTF8.GetBytes(Text(20_000)), 65_536)),
        Is.EqualTo("9051eae8dbcf6fd38d9fe8a3cda8d9da616afa675e10133926c77cef1eeb697f"));
}
