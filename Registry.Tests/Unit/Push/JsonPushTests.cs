using System.Text;
using NUnit.Framework;
using Registry.Core.Content;
using Registry.Tests.Unit.Content;

namespace Registry.Tests.Unit.Push;

public sealed class JsonPushTests
{
    private static string With(string members) => $$"""{"release":"1.0.0","blob":"{{Pushes.Blob}}",{{members}}}""";

    [Test]
    public async Task A_push_is_read_and_its_blob_decoded()
    {
        var push =
            await Pushes.ReadAsync(With("\"media_type\":\"helm\",\"force\":\"true\",\"metadata\":{\"a\" : [1, null]}"));
        Assert.Multiple(() =>
        {
            Assert.That(push.Summary, Is.EqualTo("ok"));
            Assert.That(push.Release, Is.EqualTo("1.0.0"));
            Assert.That(push.MediaType, Is.EqualTo("helm"));
            Assert.That(push.Force, Is.True);
            Assert.That(push.Metadata, Is.EqualTo("{\"a\" : [1, null]}"));
            Assert.That(push.Stored, Is.EqualTo(Pushes.Package));
        });
    }

    [TestCase(1)]
    [TestCase(2)]
    [TestCase(3)]
    [TestCase(5)]
    [TestCase(64)]
    public async Task The_size_of_the_received_pieces_is_irrelevant(int pieceBytes)
    {
        var body = With(
            "\"x\":{\"depth\":[[{}],\"a\\ud83d\\ude00 é\",-1.5e+3,true,false,null]},\"media_type\":\"h\\u00e9lm "
                + "😀\",\"metadata\":\"\\\"\",\"force\":true");
        var push = await Pushes.ReadAsync(body, pieceBytes: pieceBytes);
        Assert.Multiple(() =>
        {
            Assert.That(push.Summary, Is.EqualTo("ok"));
            Assert.That(push.MediaType, Is.EqualTo("hélm 😀"));
            Assert.That(push.Metadata, Is.EqualTo("\"\\\"\""));
            Assert.That(push.Force, Is.True);
            Assert.That(push.Stored, Is.EqualTo(Pushes.Package));
        });
    }

    [TestCase("{\"release\":\"1.0.0\",\"blob\":\"B\"}")]
    [TestCase("{\"blob\":\"B\",\"release\":\"1.0.0\"}")]
    [TestCase(" \r\n\t{ \"blob\" : \"B\" , \"release\" : \"1.0.0\" } \n")]
    [TestCase("\uFEFF{\"blob\":\"B\",\"release\":\"1.0.0\"}")]
    [TestCase("{\"\\u0062lob\":\"B\",\"rel\\u0065ase\":\"1.0\\u002e0\"}")]
    [TestCase("{\"release\":null,\"release\":5,\"release\":\"1.0.0\",\"blob\":\"B\"}")]
    public async Task Members_may_have_any_order_and_the_last_duplicate_wins(string body)
    {
        foreach (var contentType in (string?[])[Pushes.Json, Pushes.Form, "text/plain", null, "nonsense"])
        {
            var push = await Pushes.ReadAsync(body.Replace("B", Pushes.Blob), contentType);
            Assert.That(push.Summary, Is.EqualTo("ok"), contentType);
            Assert.That(push.Release, Is.EqualTo("1.0.0"));
        }
    }

    [TestCase("{}", "release")]
    [TestCase("{\"release\":100,\"blob\":\"B\"}", "release")]
    [TestCase("{\"release\":[\"1.0.0\"],\"blob\":\"B\"}", "release")]
    [TestCase("{\"release\":\"\\ud800\",\"blob\":\"B\"}", "release")]
    [TestCase("{\"release\":\"1.0.0\"}", "blob")]
    [TestCase("{\"release\":\"1.0.0\",\"blob\":null}", "blob")]
    [TestCase("{\"release\":\"1.0.0\",\"blob\":\"\"}", "blob")]
    [TestCase("{\"release\":\"1.0.0\",\"blob\":5}", "blob")]
    [TestCase("{\"release\":\"1.0.0\",\"blob\":{\"blob\":\"B\"}}", "blob")]
    [TestCase("{\"release\":\"1.0.0\",\"blob\":\"B\",\"blob\":\"B\"}", "blob")]
    [TestCase("{\"release\":\"1.0.0\",\"blob\":\"B\",\"blob\":null}", "blob")]
    [TestCase("{\"release\":\"1.0.0\",\"blob\":null,\"blob\":\"B\"}", "blob")]
    [TestCase("{\"release\":\"1.0.0\",\"blob\":\"B\",\"media_type\":5}", "media_type")]
    [TestCase("{\"release\":\"1.0.0\",\"blob\":\"B\",\"media_type\":true}", "media_type")]
    public async Task A_missing_or_mistyped_field_is_named(string body, string field)
    {
        var push = await Pushes.ReadAsync(body.Replace("B", Pushes.Blob));
        Assert.That(push.Summary, Is.EqualTo($"InvalidUsage {field}"));
        Assert.That(push.IsDiscarded, Is.True);
    }

    [TestCase("{\"release\":null,\"blob\":\"B\"}")]
    [TestCase("{\"release\":\"1.0.0\",\"release\":null,\"blob\":\"B\"}")]
    public async Task A_null_release_is_left_to_later_validation(string body)
    {
        var push = await Pushes.ReadAsync(body.Replace("B", Pushes.Blob));
        Assert.That((push.Summary, push.Release), Is.EqualTo(("ok", (string?)null)));
    }

    [TestCase("null", null)]
    [TestCase("\"helm\"", "helm")]
    [TestCase("\"\"", "")]
    public async Task The_media_type_may_be_absent(string json, string? expected) =>
        Assert.That((await Pushes.ReadAsync(With($"\"media_type\":{json}"))).MediaType, Is.EqualTo(expected));

    [TestCase("\"true\"", true)]
    [TestCase("true", true)]
    [TestCase("\"True\"", false)]
    [TestCase("\"1\"", false)]
    [TestCase("1", false)]
    [TestCase("false", false)]
    [TestCase("null", false)]
    [TestCase("[true]", false)]
    public async Task Force_is_the_string_or_boolean_true_and_the_body_overrides_the_query(string json, bool expected)
    {
        Assert.That((await Pushes.ReadAsync(With($"\"force\":{json}"))).Force, Is.EqualTo(expected));
        Assert.That(
            (await Pushes.ReadAsync(With($"\"force\":{json}"), query: "?force=true")).Force, Is.EqualTo(expected));
    }

    [TestCase("null", null)]
    [TestCase("{ \"a\": [1, 2.50, \"\\u00e9\"] }", "{ \"a\": [1, 2.50, \"\\u00e9\"] }")]
    [TestCase("[]", "[]")]
    [TestCase("-0.10E+2", "-0.10E+2")]
    [TestCase("\"text\"", "\"text\"")]
    [TestCase("false", "false")]
    public async Task Metadata_is_kept_verbatim(string json, string? expected)
    {
        Assert.That((await Pushes.ReadAsync(With($"\"metadata\": {json} "))).Metadata, Is.EqualTo(expected));
        Assert.That(
            (await Pushes.ReadAsync(
                $"{{\"metadata\":{json},\"release\":\"1.0.0\",\"blob\":\"{Pushes.Blob}\"}}", pieceBytes: 1)).Metadata,
            Is.EqualTo(expected));
    }

    [Test]
    public async Task Oversized_metadata_is_reported_after_other_errors()
    {
        var limits = new ContentLimits { MaxMetadataBytes = 10 };
        Assert.That(
            (await Pushes.ReadAsync(With("\"metadata\":\"12345678\""), limits: limits)).Metadata,
            Is.EqualTo("\"12345678\""));
        var push = await Pushes.ReadAsync(With("\"metadata\":\"123456789\""), limits: limits);
        Assert.That(push.Summary, Is.EqualTo("InvalidParameters metadata"));
        Assert.That(push.ContentError!.Message, Does.Contain("10 bytes"));
        Assert.That(push.Release, Is.EqualTo("1.0.0"));
        Assert.That(
            (await Pushes.ReadAsync(With("\"metadata\":\"123456789\",\"metadata\":1"), limits: limits)).Metadata,
            Is.EqualTo("1"));
    }

    [TestCase("")]
    [TestCase(" \r\n ")]
    public async Task An_empty_body_falls_back_to_the_query(string body)
    {
        Assert.That((await Pushes.ReadAsync(body)).Summary, Is.EqualTo("InvalidUsage release"));
        var push = await Pushes.ReadAsync(
            body,
            query: $"?release=1.0.0&blob={Uri.EscapeDataString(Pushes.Blob)}&media_type=helm&force=true&metadata=m");
        Assert.Multiple(() =>
        {
            Assert.That(push.Summary, Is.EqualTo("ok"));
            Assert.That(push.MediaType, Is.EqualTo("helm"));
            Assert.That(push.Force, Is.True);
            Assert.That(push.Metadata, Is.EqualTo("\"m\""));
            Assert.That(push.Stored, Is.EqualTo(Pushes.Package));
        });
    }

    [Test]
    public async Task The_body_overrides_the_query_and_the_first_query_value_wins()
    {
        var query = $"?release=2.0.0&release=3.0.0&media_type=helm&media_type=kpm&blob=x&blob=y";
        var push = await Pushes.ReadAsync(Pushes.Minimal, query: query);
        Assert.That((push.Summary, push.Release, push.MediaType), Is.EqualTo(("ok", "1.0.0", "helm")));
        Assert.That(
            (await Pushes.ReadAsync($"{{\"release\":null,\"blob\":\"{Pushes.Blob}\"}}", query: query)).Release,
            Is.Null);
        Assert.That(
            (await Pushes.ReadAsync($"{{\"blob\":\"{Pushes.Blob}\"}}", query: query)).Release, Is.EqualTo("2.0.0"));
    }

    [TestCase("[1,2]")]
    [TestCase("5")]
    [TestCase("\"text\"")]
    [TestCase("null")]
    [TestCase("nonsense")]
    [TestCase("\0")]
    public async Task A_body_that_is_not_an_object_is_refused(string body)
    {
        foreach (var contentType in (string?[])[Pushes.Json, "text/plain", null])
            Assert.That(
                (await Pushes.ReadAsync(body, contentType, "?release=1.0.0")).Summary, Is.EqualTo("InvalidUsage"));
    }

    [TestCase("{")]
    [TestCase("{}}")]
    [TestCase("{} {}")]
    [TestCase("{,}")]
    [TestCase("{\"a\"}")]
    [TestCase("{\"a\":}")]
    [TestCase("{\"a\":1,}")]
    [TestCase("{\"a\":1 \"b\":2}")]
    [TestCase("{a:1}")]
    [TestCase("{'a':1}")]
    [TestCase("{\"a\":01}")]
    [TestCase("{\"a\":+1}")]
    [TestCase("{\"a\":1.}")]
    [TestCase("{\"a\":.5}")]
    [TestCase("{\"a\":1e}")]
    [TestCase("{\"a\":-}")]
    [TestCase("{\"a\":NaN}")]
    [TestCase("{\"a\":tru}")]
    [TestCase("{\"a\":truex}")]
    [TestCase("{\"a\":[1,]}")]
    [TestCase("{\"a\":[1}}")]
    [TestCase("{\"a\":{\"b\":1]}")]
    [TestCase("{\"a\":[{]}]}")]
    [TestCase("{\"a\":\"\\x\"}")]
    [TestCase("{\"a\":\"\\u12g4\"}")]
    [TestCase("{\"a\":\"\n\"}")]
    [TestCase("{\"a\":\"open}")]
    [TestCase("{\"a\":1}/* */")]
    [TestCase("{\"release\":\"1.0.0\",\"blob\":\"open")]
    public async Task Invalid_JSON_is_refused_and_read_to_its_end(string body)
    {
        foreach (var pieceBytes in (int[])[1, 1000])
        {
            var push = await Pushes.ReadAsync(body, pieceBytes: pieceBytes);
            Assert.That(push.Summary, Is.EqualTo("InvalidUsage"));
            Assert.That(push.Error!.Message, Does.Contain("not valid JSON"));
            Assert.That((push.BodyIsRead, push.IsDiscarded), Is.EqualTo((true, true)));
        }
    }

    [Test]
    public async Task A_body_truncated_at_any_byte_is_refused()
    {
        var body = Encoding.UTF8.GetBytes(With("\"x\":[{\"y\":\"z\\n\"},1.5,true,null]"));
        for (var length = 1; length < body.Length; length++)
            Assert.That(
                (await Pushes.ReadAsync(body[..length])).Summary,
                Is.EqualTo("InvalidUsage"),
                $"{length} of {body.Length} bytes");
    }

    [TestCase(62, "ok")]
    [TestCase(63, "ok")]
    [TestCase(64, "InvalidUsage")]
    [TestCase(100_000, "InvalidUsage")]
    public async Task Nesting_is_limited_to_64(int depth, string expected)
    {
        Assert.That(
            (await Pushes.ReadAsync(With($"\"x\":{new string('[', depth)}{new string(']', depth)}"))).Summary,
            Is.EqualTo(expected));
        Assert.That((await Pushes.ReadAsync(
            With(
                $"\"metadata\":{string.Concat(Enumerable.Repeat("{\"a\":", depth))}"
                    + $"1{new string('}', depth)}"))).Summary,
            Is.EqualTo(depth > 10_000 ? "InvalidUsage" : expected));
    }

    [TestCase("release")]
    [TestCase("media_type")]
    [TestCase("blob")]
    [TestCase("x")]
    [TestCase("metadata")]
    public async Task Invalid_UTF_8_is_refused_in_any_string(string member)
    {
        foreach (byte[] invalid in (byte[][])[
            [0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82], [0x80],
            [0xf0, 0x9f, 0x98]
        ])
        {
            byte[] body = [.. Encoding.UTF8.GetBytes($"{{\"{member}\":\"a"), .. invalid, .. "b\"}"u8];
            foreach (var pieceBytes in (int[])[1, 1000])
            {
                var push = await Pushes.ReadAsync(body, pieceBytes: pieceBytes);
                Assert.That(push.Error?.Message, Does.Contain("UTF-8"));
            }
        }
    }

    [Test]
    public async Task A_text_too_long_for_a_release_is_truncated_and_marked()
    {
        var push =
            await Pushes.ReadAsync($$"""{"release":"1.0.0-{{new string('a', 100_000)}}","blob":"{{Pushes.Blob}}"}""");
        Assert.That(push.Summary, Is.EqualTo("ok"));
        Assert.That(push.Release, Has.Length.EqualTo(129).And.EndsWith("…"));
    }

    [Test]
    public async Task A_content_encoding_is_refused()
    {
        var body = System.IO.Pipelines.PipeReader.Create(
            new System.Buffers.ReadOnlySequence<byte>(SampleContent.Gzip(Encoding.UTF8.GetBytes(Pushes.Minimal))));
        var push = await Pushes.ReadAsync(body, change: request => request.Headers.ContentEncoding = "gzip");
        Assert.That((push.Summary, push.BodyIsRead), Is.EqualTo(("InvalidUsage Content-Encoding", true)));
        body = System.IO.Pipelines.PipeReader.Create(
            new System.Buffers.ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(Pushes.Minimal)));
        Assert.That(
            (await Pushes.ReadAsync(body, change: request => request.Headers.ContentEncoding = "Identity")).Summary,
            Is.EqualTo("ok"));
    }
}
