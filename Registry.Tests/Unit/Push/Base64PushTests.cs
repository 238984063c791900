using NUnit.Framework;

namespace Registry.Tests.Unit.Push;

public sealed class Base64PushTests
{
    private static string WithBlob(string json) => $$"""{"blob":"{{json}}","release":"1.0.0"}""";

    [Test]
    public async Task White_space_and_JSON_escapes_in_the_blob_are_decoded()
    {
        var lines = string.Join("\\r\\n", Pushes.Blob.Chunk(76).Select(line => new string(line)));
        var escaped =
            string.Concat(Pushes.Blob.Select((c, i) => i % 3 == 0 ? $"\\u{(int)c:x4}" : c == '/' ? "\\/" : $"{c}"));
        var spaced = string.Concat(Pushes.Blob.Select((c, i) => i % 5 == 0 ? $" {c}\\t\\f\\u000b" : $"{c}"));
        foreach (var blob in (string[])[lines, escaped, spaced, $"\\n  {Pushes.Blob}\\n"])
            foreach (var pieceBytes in (int[])[1, 2, 3, 7, 76, 100_000])
            {
                var push = await Pushes.ReadAsync(WithBlob(blob), pieceBytes: pieceBytes);
                Assert.That(
                    push.Summary,
                    Is.EqualTo("ok"),
                    $"{push.ContentError?.Message}: {pieceBytes} bytes at once of {blob}");
                Assert.That(push.Stored, Is.EqualTo(Pushes.Package));
            }
    }

    [TestCase("!")]
    [TestCase("=")]
    [TestCase("====")]
    [TestCase("A")]
    [TestCase("AA")]
    [TestCase("AAA")]
    [TestCase("AAAAA")]
    [TestCase("AA=")]
    [TestCase("A===")]
    [TestCase("AA==AAAA")]
    [TestCase("AA===")]
    [TestCase("AAAA=")]
    [TestCase("AA=A")]
    [TestCase("AAA=A")]
    [TestCase("AA-_")]
    [TestCase("AAAAAAé=")]
    [TestCase("\\u0000AAA")]
    [TestCase("\\ud83d\\ude00")]
    [TestCase("data:;base64,AAAA")]
    public async Task Invalid_base64_is_an_error_of_the_blob(string blob)
    {
        foreach (var pieceBytes in (int[])[1, 1000])
        {
            var push = await Pushes.ReadAsync(WithBlob(blob), pieceBytes: pieceBytes);
            Assert.That(push.Error, Is.Null);
            Assert.That(push.Summary, Is.EqualTo("InvalidParameters blob"));
            Assert.That(push.ContentError!.Message, Does.Contain("base64"));
        }
    }

    [Test]
    public async Task A_blob_of_white_space_is_empty()
    {
        var push = await Pushes.ReadAsync(WithBlob(" \\n "));
        Assert.That(push.Summary, Is.EqualTo("InvalidParameters blob"));
        Assert.That(push.ContentError!.Message, Does.Contain("empty"));
    }

    [Test]
    public async Task Invalid_JSON_after_an_invalid_blob_takes_precedence()
    {
        Assert.That((await Pushes.ReadAsync("{\"blob\":\"!\",")).Summary, Is.EqualTo("InvalidUsage"));
        Assert.That(
            (await Pushes.ReadAsync("{\"blob\":\"!\",\"release\":5}")).Summary, Is.EqualTo("InvalidUsage release"));
        Assert.That(
            (await Pushes.ReadAsync("{\"blob\":\"bm8gZ3ppcA==\",\"release\":\"not validated here\"}")).Summary,
            Is.EqualTo("InvalidParameters blob"));
    }
}
