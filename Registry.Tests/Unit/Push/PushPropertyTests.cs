using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using NUnit.Framework;
using Registry.Api.Cnr.Push;
using Registry.Tests.Unit.Content;

namespace Registry.Tests.Unit.Push;

/// <summary>Compares the streaming reader with the framework's readers, which buffer everything.</summary>
public sealed class PushPropertyTests
{
    private const string JsonAlphabet = "{}[]\":,\\/ \n\t0123456789+-.eEtruefalsn\u0001aud8b";
    private const string Base64Alphabet = "ABCDzyx0189+/====  \t\r\n\v\f-_!";

    private static readonly JsonSerializerOptions Relaxed =
        new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [Test]
    public Task Any_body_is_accepted_or_refused_like_the_framework() =>
        CheckAsync(
            from edits in Gen.Zip(Gen.Choose(0, 10_000), Gen.Elements(JsonAlphabet.ToCharArray())).ArrayOf()
            from kind in Gen.Choose(0, 2)
            from pieceBytes in Gen.Choose(1, 40)
            select (edits, kind, pieceBytes),
            3000,
            async given =>
            {
                var body = Edit(
                    $$"""{"x":[1,-2.5e3,{"y":null,"z":[true,false,{}]},"a\"\\\u00e9\ud83d\ude00"],"metadata":{"a":[{}]},"release":"1.0.0","blob":"{{Pushes.Blob}}"}""",
                    given.edits,
                    given.kind);
                var isJson = IsJsonObject(body);
                var push = await Pushes.ReadAsync(body, pieceBytes: given.pieceBytes);
                Assert.That(
                    push.Error?.Message.Contains("not valid JSON", StringComparison.Ordinal) == true
                        || push.Summary == "InvalidUsage",
                    Is.EqualTo(!isJson),
                    body);
            });

    [Test]
    public Task Any_string_is_decoded_like_the_framework() =>
        CheckAsync(
            from text in ArbMap.Default.GeneratorFor<string>()
            from more in Gen.Elements("", "é", "😀", "\u2028", "\"\\/\b\f\n\r\t", "\u0001")
            from style in Gen.Choose(0, 2)
            from pieces in Gen.Choose(1, 9).ArrayOf()
            select (text: (text ?? "") + more, style, pieces),
            1000,
            async given =>
            {
                var text = given.text.EnumerateRunes()
                    .Aggregate(new StringBuilder(), (all, rune) => all.Append(rune.ToString()))
                    .ToString();
                var json = given.style switch
                {
                    0 => JsonSerializer.Serialize(text),
                    1 => '"' + string.Concat(text.Select(c => $"\\u{(int)c:X4}")) + '"',
                    _ => JsonSerializer.Serialize(text, Relaxed),
                };
                var body = Encoding.UTF8.GetBytes(
                    $"{{\"media_type\":{json},\"metadata\":{json},\"blob\":\"{Pushes.Blob}\",\"release\":\"1.0.0\"}}");
                var push =
                    await Pushes.ReadAsync(PipeReader.Create(Pushes.Split(body, Pieces(body.Length, given.pieces))));
                Assert.That(push.Summary, Is.EqualTo("ok"));
                Assert.That(push.MediaType, Is.EqualTo(text));
                Assert.That(push.Metadata, Is.EqualTo(json));
            });

    [Test]
    public Task A_blob_is_decoded_like_the_framework_however_it_is_escaped_and_split() =>
        CheckAsync(
            from content in ArbMap.Default.GeneratorFor<byte[]>()
            from escapes in Gen.Choose(0, 20).ArrayOf()
            from pieces in Gen.Choose(1, 200).ArrayOf()
            from isForm in Gen.Elements(true, false)
            select (content, escapes, pieces, isForm),
            1000,
            async given =>
            {
                var package = SampleContent.Gzip(
                    SampleContent.Tar(System.Formats.Tar.TarEntryFormat.Ustar, ("a", given.content ?? [])));
                var text = Convert.ToBase64String(package);
                var blob = string.Concat(
                    text.Select(
                        (c, i) =>
                            Escape(
                                c,
                                given.escapes.Length == 0 ? 0 : given.escapes[i % given.escapes.Length],
                                given.isForm)));
                var body = Encoding.UTF8.GetBytes(
                    given.isForm ? $"release=1.0.0&blob={blob}" : $"{{\"blob\":\"{blob}\",\"release\":\"1.0.0\"}}");
                var push = await Pushes.ReadAsync(
                    PipeReader.Create(Pushes.Split(body, Pieces(body.Length, given.pieces))),
                    given.isForm ? Pushes.Form : Pushes.Json);
                Assert.That(push.Summary, Is.EqualTo("ok"));
                Assert.That(push.Stored, Is.EqualTo(package));
                if (!given.isForm)
                    Assert.That(
                        JsonDocument.Parse(body).RootElement.GetProperty("blob").GetString()!.Where(
                            c => !char.IsWhiteSpace(c)),
                        Is.EqualTo(text));
            });

    [Test]
    public void Any_text_is_base64_exactly_if_the_framework_accepts_it() =>
        Prop.ForAll(
            (from text in Gen.Elements(Base64Alphabet.ToCharArray()).ArrayOf()
             from whole in ArbMap.Default.GeneratorFor<byte[]>()
             from style in Gen.Choose(0, 2)
             select style == 0
                 ? new string(text)
                 : style == 1
                     ? Convert.ToBase64String(whole ?? []) + new string(text)
                     : string.Join(
                         ' ', Convert.ToBase64String(whole ?? []).Chunk(5).Select(c => new string(c)))).ToArbitrary(),
            Gen.Choose(1, 30).ToArbitrary(),
            Gen.Choose(Base64Decoder.MinOutputBytes, 20).ToArbitrary(),
            (text, pieceBytes, outputBytes) =>
            {
                var expected = Decode(text);
                var actual = DecodeInPieces(Encoding.ASCII.GetBytes(text), pieceBytes, outputBytes);
                return expected is null
                    ? actual is null
                    : actual is not null && expected.AsSpan().SequenceEqual(actual);
            }).Check(Config.QuickThrowOnFailure.WithMaxTest(5000));

    private static async Task CheckAsync<T>(Gen<T> values, int count, Func<T, Task> check)
    {
        foreach (var value in values.Sample(50, count))
            await check(value);
    }

    private static string Edit(string body, (int At, char Replacement)[] edits, int kind)
    {
        var text = new StringBuilder(body);
        foreach (var (at, replacement) in edits.Take(3))
        {
            var position = at % text.Length;
            if (kind == 0)
                text[position] = replacement;
            else if (kind == 1)
                text.Insert(position, replacement);
            else
                text.Remove(position, 1);
        }

        return text.ToString();
    }

    private static bool IsJsonObject(string body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            return json.RootElement.ValueKind == JsonValueKind.Object;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static string Escape(char c, int style, bool isForm) => (style, isForm) switch
    {
        (1, false) => $"\\u{(int)c:x4}",
        (2, false) => $"\\u{(int)c:X4}",
        (3, false) when c == '/' => "\\/",
        (4, false) => $"\\n{c}",
        (5, false) => $"{c}\\t \\r",
        (1 or 2, true) => Uri.EscapeDataString($"{c}"),
        (3, true) => $"%{(int)c:x2}",
        (4, true) => $"%0A{c}",
        (5, true) => $"\r\n{c}%20",
        _ => $"{c}",
    };

    private static List<int> Pieces(int length, int[] sizes)
    {
        var pieces = new List<int>();
        for (var (at, i) = (0, 0); at < length; i++)
        {
            pieces.Add(Math.Min(sizes.Length == 0 ? 100 : sizes[i % sizes.Length], length - at));
            at += pieces[^1];
        }

        return pieces;
    }

    private static byte[]? Decode(string text)
    {
        try
        {
            return Convert.FromBase64String(text.Replace("\v", "").Replace("\f", ""));
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private static byte[]? DecodeInPieces(byte[] text, int pieceBytes, int outputBytes)
    {
        var decoder = new Base64Decoder();
        var output = new byte[outputBytes];
        var decoded = new List<byte>();
        for (var at = 0; at < text.Length;)
        {
            var status = decoder.Decode(
                text.AsSpan(at, Math.Min(pieceBytes, text.Length - at)), output, out var consumed, out var written);
            decoded.AddRange(output.AsSpan(0, written).ToArray());
            at += consumed;
            if (status == OperationStatus.InvalidData)
                return null;
        }

        return decoder.IsComplete ? [.. decoded] : null;
    }
}
