using System.Text;
using NUnit.Framework;
using Registry.Core.Content;

namespace Registry.Tests.Unit.Push;

public sealed class FormPushTests
{
    private static readonly int[] PieceBytes = [1, 2, 3, 50, 100_000];

    [Test]
    public async Task A_form_is_decoded_as_it_arrives()
    {
        var body = $"blob={Uri.EscapeDataString(Pushes.Blob)}&x=1&release=1.0.0%2Bb1&media_type=docker+%C3%A9"
            + "&force=true&metadata=%22a%22";
        foreach (var pieceBytes in PieceBytes)
        {
            var push = await Pushes.ReadAsync(body, Pushes.Form + "; charset=utf-8", pieceBytes: pieceBytes);
            Assert.That(
                (push.Summary, push.Release, push.MediaType, push.Force),
                Is.EqualTo(("ok", "1.0.0+b1", "docker é", true)));
            Assert.That(push.Metadata, Is.EqualTo("\"\\\"a\\\"\""));
            Assert.That(push.Stored, Is.EqualTo(Pushes.Package));
        }
    }

    [Test]
    public async Task Unescaped_base64_keeps_its_plus_signs()
    {
        Assert.That(Pushes.Blob, Does.Contain("+"));
        foreach (var pieceBytes in PieceBytes)
            Assert.That(
                (await Pushes.ReadAsync(
                    $"release=1.0.0&blob={Pushes.Blob}", Pushes.Form, pieceBytes: pieceBytes)).Stored,
                Is.EqualTo(Pushes.Package));
        Assert.That(
            (await Pushes.ReadAsync("", null, $"?release=1.0.0&blob={Pushes.Blob}")).Stored,
            Is.EqualTo(Pushes.Package));
    }

    [Test]
    public async Task Line_breaks_in_the_base64_of_a_form_are_skipped()
    {
        var lines = string.Join("\r\n", Pushes.Blob.Chunk(76).Select(line => new string(line)));
        foreach (var blob in (string[])[
            lines, Uri.EscapeDataString(lines), Uri.EscapeDataString(lines).ToLowerInvariantHex()
        ])
            Assert.That(
                (await Pushes.ReadAsync($"release=1.0.0&blob={blob}", Pushes.Form)).Stored, Is.EqualTo(Pushes.Package));
    }

    [TestCase("release=1.0.0", "InvalidUsage blob")]
    [TestCase("release=1.0.0&blob", "InvalidUsage blob")]
    [TestCase("release=1.0.0&blob=", "InvalidUsage blob")]
    [TestCase("blob=B", "InvalidUsage release")]
    [TestCase("release=1.0.0&blob=B&blob=B", "InvalidUsage blob")]
    [TestCase("release=1.0.0&blob=%ff", "InvalidParameters blob")]
    [TestCase("release=1.0.0&blob=B%", "InvalidParameters blob")]
    [TestCase("release=1.0.0&blob=B%zz", "InvalidParameters blob")]
    [TestCase("release=%ff&blob=B", "InvalidUsage release")]
    [TestCase("release=1.0.0&blob=B&media_type=%c3", "InvalidUsage media_type")]
    [TestCase("release=1.0.0&blob=B&metadata=%c3%28", "InvalidUsage metadata")]
    [TestCase("&&=&release=1.0.0&blob=B&=x&%&", "ok")]
    public async Task Forms_are_validated_like_JSON(string body, string expected)
    {
        foreach (var pieceBytes in PieceBytes)
            Assert.That(
                (await Pushes.ReadAsync(
                    body.Replace("B", Uri.EscapeDataString(Pushes.Blob)), Pushes.Form, pieceBytes: pieceBytes)).Summary,
                Is.EqualTo(expected));
    }

    [Test]
    public async Task The_first_of_a_repeated_field_counts()
    {
        var push = await Pushes.ReadAsync(
            $"release=1.0.0&release=2.0.0&metadata=a&metadata=b&blob={Pushes.Blob}",
            Pushes.Form,
            "?release=3.0.0&media_type=helm");
        Assert.That((push.Release, push.Metadata, push.MediaType), Is.EqualTo(("1.0.0", "\"a\"", "helm")));
    }

    [Test]
    public async Task An_invalid_escape_is_taken_literally() =>
        Assert.That(
            (await Pushes.ReadAsync($"release=%25%zz%4&blob={Pushes.Blob}", Pushes.Form)).Release,
            Is.EqualTo("%%zz%4"));

    [Test]
    public async Task Metadata_of_a_form_has_the_same_limit_as_JSON()
    {
        var limits = new ContentLimits { MaxMetadataBytes = 10 };
        var body = $"release=1.0.0&blob={Pushes.Blob}&metadata=";
        Assert.That(
            (await Pushes.ReadAsync(body + "12345678", Pushes.Form, limits: limits)).Metadata,
            Is.EqualTo("\"12345678\""));
        foreach (var metadata in (string[])["123456789", "1234567890123", "%22%22%22%22%22"])
            Assert.That(
                (await Pushes.ReadAsync(body + metadata, Pushes.Form, limits: limits)).Summary,
                Is.EqualTo("InvalidParameters metadata"));
    }

    [Test]
    public async Task A_multipart_form_accepts_base64_and_files()
    {
        foreach (var blob in (byte[][])[
            Encoding.ASCII.GetBytes(Pushes.Blob), Pushes.Package, Encoding.ASCII.GetBytes(WithLineBreaks(Pushes.Blob))
        ])
            foreach (var pieceBytes in PieceBytes)
            {
                var push = await Pushes.ReadAsync(
                    Multipart(
                        ("x", "y"u8.ToArray()),
                        ("blob", blob),
                        ("release", "1.0.0"u8.ToArray()),
                        ("media_type", "helm"u8.ToArray()),
                        ("metadata", "m"u8.ToArray())),
                    "multipart/form-data; boundary=\"xYzZY\"",
                    pieceBytes: pieceBytes);
                Assert.That(
                    (push.Summary, push.Release, push.MediaType, push.Metadata),
                    Is.EqualTo(("ok", "1.0.0", "helm", "\"m\"")));
                Assert.That(push.Stored, Is.EqualTo(Pushes.Package));
            }
    }

    [Test]
    public async Task A_multipart_form_truncated_at_any_byte_is_refused()
    {
        var body = Multipart(("release", "1.0.0"u8.ToArray()), ("blob", Encoding.ASCII.GetBytes(Pushes.Blob)));
        // The line break after the last boundary and its closing hyphens are optional.
        for (var length = 1; length < body.Length - 4; length++)
        {
            var push = await Pushes.ReadAsync(body[..length], "multipart/form-data; boundary=xYzZY");
            Assert.That(push.Summary, Does.StartWith("InvalidUsage"), $"{length} of {body.Length} bytes");
            Assert.That(push.IsDiscarded, Is.True);
        }
    }

    [Test]
    public async Task An_invalid_multipart_form_is_refused()
    {
        var whole = Multipart(("release", "1.0.0"u8.ToArray()), ("blob", Pushes.Package), ("blob", Pushes.Package));
        Assert.That(
            (await Pushes.ReadAsync(whole, "multipart/form-data; boundary=xYzZY")).Summary,
            Is.EqualTo("InvalidUsage blob"));
        foreach (var contentType in (string[])[
            "multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=other",
            $"multipart/form-data; boundary={new string('a', 71)}"
        ])
        {
            var push = await Pushes.ReadAsync(whole, contentType);
            Assert.That((push.Summary, push.BodyIsRead), Is.EqualTo(("InvalidUsage", true)), contentType);
        }

        byte[] header =
            [.. "--xYzZY\r\nX: "u8, .. Encoding.ASCII.GetBytes(new string('a', 100_000)), .. "\r\n\r\n--xYzZY--\r\n"u8];
        Assert.That(
            (await Pushes.ReadAsync(header, "multipart/form-data; boundary=xYzZY")).Summary,
            Is.EqualTo("InvalidUsage"));
    }

    [TestCase("----=_Part_0_1", "multipart/form-data; boundary=----=_Part_0_1")]
    [TestCase("a/b:c?d=e", "multipart/form-data; boundary=a/b:c?d=e; charset=utf-8")]
    [TestCase("a/b:c?d=e", "Multipart/Form-Data;BOUNDARY = \"a/b:c?d=e\"")]
    [TestCase("a;b", "multipart/form-data; charset=utf-8; boundary=\"a;b\"")]
    public async Task A_boundary_needs_no_quotes(string boundary, string contentType)
    {
        var push = await Pushes.ReadAsync(
            Encoding.Latin1.GetBytes(
                Encoding.Latin1.GetString(Multipart(("release", "1.0.0"u8.ToArray()), ("blob", Pushes.Package)))
                    .Replace("xYzZY", boundary)),
            contentType);
        Assert.That((push.Summary, push.Release), Is.EqualTo(("ok", "1.0.0")));
        Assert.That(push.Stored, Is.EqualTo(Pushes.Package));
    }

    [TestCase("form-data; name=blob; filename=my chart.tgz")]
    [TestCase("form-data; filename=my (1) chart.tgz; name=blob")]
    [TestCase("form-data; filename=\"C:\\charts\\a.tgz\"; name=\"blob\"")]
    [TestCase("form-data; filename=\"a\\\";name=x\"; name=\"blob\"")]
    [TestCase("attachment;name=\"blob\"")]
    public async Task Content_dispositions_of_common_clients_are_accepted(string disposition)
    {
        byte[] body = [
            .. Encoding.Latin1.GetBytes($"--b\r\nContent-Disposition: {disposition}\r\n\r\n"), .. Pushes.Package,
            .. "\r\n--b--"u8
        ];
        var push = await Pushes.ReadAsync(body, "multipart/form-data; boundary=b", "?release=1.0.0");
        Assert.That(push.Summary, Is.EqualTo("ok"));
        Assert.That(push.Stored, Is.EqualTo(Pushes.Package));
    }

    [Test]
    public async Task A_file_of_another_type_is_named()
    {
        byte[] zip = [0x50, 0x4b, 3, 4, .. new byte[100]];
        var tar = Content.SampleContent.Tar(System.Formats.Tar.TarEntryFormat.V7, ("a", new byte[10]));
        foreach (var (file, kind) in (((byte[] File, string Kind)[])[
            (zip, "a zip archive"), (tar, "an uncompressed tar archive")
        ]))
            foreach (var pieceBytes in PieceBytes)
            {
                var push = await Pushes.ReadAsync(
                    Multipart(
                        ("release", "1.0.0"u8.ToArray()),
                        ("blob", file)), "multipart/form-data; boundary=xYzZY", pieceBytes: pieceBytes);
                Assert.That(push.Summary, Is.EqualTo("InvalidParameters blob"));
                Assert.That(push.ContentError!.Message, Does.Contain(kind).And.Contain("gzipped tar"));
            }
    }

    [TestCase("hello")]
    [TestCase("# A chart")]
    public async Task A_file_that_is_neither_an_archive_nor_base64_is_named_as_such(string file)
    {
        var push = await Pushes.ReadAsync(
            Multipart(("release", "1.0.0"u8.ToArray()), ("blob", Encoding.ASCII.GetBytes(file))),
            "multipart/form-data; boundary=xYzZY");
        Assert.That(push.Summary, Is.EqualTo("InvalidParameters blob"));
        Assert.That(
            push.ContentError!.Message, Does.StartWith("The blob is neither a gzip archive nor base64 of one: "));
        var json = await Pushes.ReadAsync($$"""{"release":"1.0.0","blob":"{{file}}"}""");
        Assert.That(json.ContentError!.Message, Does.StartWith("The blob is not base64: "));
    }

    [Test]
    public async Task A_file_sent_as_the_body_is_refused_with_a_hint()
    {
        foreach (var file in (byte[][])[Pushes.Package, [0x50, 0x4b, 3, 4, .. new byte[100]]])
        {
            var push = await Pushes.ReadAsync(file, "application/octet-stream");
            Assert.That(push.Summary, Is.EqualTo("InvalidUsage"));
            Assert.That(push.Error!.Message, Does.Contain("curl -F blob=@"));
        }
    }

    [Test]
    public async Task A_UTF_16_body_is_reported_as_such()
    {
        foreach (var encoding in (Encoding[])[Encoding.Unicode, Encoding.BigEndianUnicode])
            foreach (var mark in (byte[][])[[], encoding.GetPreamble()])
                foreach (var type in (string[])[Pushes.Json, Pushes.Form, "text/plain"])
                {
                    var push = await Pushes.ReadAsync([.. mark, .. encoding.GetBytes(Pushes.Minimal)], type);
                    Assert.That((push.Summary, push.BodyIsRead), Is.EqualTo(("InvalidUsage", true)));
                    Assert.That(push.Error!.Message, Does.Contain("UTF-16").And.Contain("UTF-8"));
                }
    }

    private static string WithLineBreaks(string text) =>
        string.Join("\r\n", text.Chunk(76).Select(line => new string(line)));

    private static byte[] Multipart(params (string Name, byte[] Content)[] parts)
    {
        using var body = new MemoryStream();
        foreach (var (name, content) in parts)
        {
            body.Write(
                Encoding.ASCII.GetBytes(
                    $"--xYzZY\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"f\"\r\nContent-Type: "
                        + "application/octet-stream\r\n\r\n"));
            body.Write(content);
            body.Write("\r\n"u8);
        }

        body.Write("--xYzZY--\r\n"u8);
        return body.ToArray();
    }
}

file static class Hex
{
    /// <summary>Lower-case percent escapes, which mean the same.</summary>
    public static string ToLowerInvariantHex(this string text) =>
        System.Text.RegularExpressions.Regex.Replace(text, "%[0-9A-F]{2}", match => match.Value.ToLowerInvariant());
}
