using NUnit.Framework;
using Registry.Api.Logging;

namespace Registry.Tests.Unit.Hosting;

[Parallelizable(ParallelScope.All)]
internal sealed class LogTextTests
{
    /// <summary>The ranges of characters that can forge a line, control a terminal, or reorder and hide text.</summary>
    private static readonly (int From, int To)[] Ranges =
    [
        (0x00, 0x1F), (0x7F, 0x9F), (0xAD, 0xAD), (0x061C, 0x061C), (0x180E, 0x180E), (0x200B, 0x200F),
        (0x2028, 0x202E), (0x2060, 0x2064), (0x2066, 0x206F), (0xD800, 0xDFFF), (0xFEFF, 0xFEFF), (0xFFF9, 0xFFFB),
    ];

    [Test]
    public void Every_control_format_and_separator_character_is_escaped()
    {
        foreach (var (from, to) in Ranges)
            for (var code = from; code <= to; code++)
                Assert.That(LogText.Escape($"ä{(char)code}b"), Is.EqualTo($"ä\\u{code:X4}b"));
        Assert.That(LogText.Escape("tag \U000E0001 and \U000E0041."), Is.EqualTo(@"tag \U000E0001 and \U000E0041."));
    }

    [TestCase("")]
    [TestCase("GET /api/v1/app 200 \"quoted\" \\ <b>")]
    [TestCase("größe, 日本語, 😀")]
    public void Printable_text_is_unchanged(string text) => Assert.That(LogText.Escape(text), Is.EqualTo(text));

    [Test]
    public void Null_is_escaped_to_an_empty_string() => Assert.That(LogText.Escape(null), Is.Empty);

    [TestCase("one\ntwo")]
    [TestCase("one\r\ntwo")]
    [TestCase("one\u2028two")]
    [TestCase("one\u0085two")]
    public void Lines_are_escaped_individually(string text) =>
        Assert.That(LogText.EscapeLines($"{text}\u001B[2J", " | "), Is.EqualTo(@"one | two\u001B[2J"));

    [TestCase(512, "", "")]
    [TestCase(512, "b", "…")]
    [TestCase(511, "😀", "…")]
    public void A_long_text_of_a_client_is_cut_between_characters(int letters, string end, string shortened)
    {
        var begin = new string('a', letters);
        Assert.That(LogText.Shorten($"{begin}{end}"), Is.EqualTo($"{begin}{shortened}"));
    }
}
