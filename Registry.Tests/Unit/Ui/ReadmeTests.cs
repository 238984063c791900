using NUnit.Framework;
using Registry.Api.Ui;

namespace Registry.Tests.Unit.Ui;

/// <summary>READMEs, which are untrusted.</summary>
[Parallelizable(ParallelScope.Self)]
public sealed class ReadmeTests
{
    private const int RepeatedLength = 16 << 10;

    private const string Relation = " rel=\"noreferrer noopener nofollow\"";

    [Test]
    public void Markdown_is_rendered()
    {
        var html = Render(
            """
            # Title

            **Bold**, ~~old~~ and `code`.

            | a | b |
            |:-:|--:|
            | 1 | 2 |

            - [x] done
            """);
        Assert.That(html, Does.Contain("<h2 id=\"readme-title\">Title</h2>"));
        Assert.That(html, Does.Contain("<strong>Bold</strong>, <del>old</del> and <code>code</code>"));
        Assert.That(html, Does.Contain("<td>1</td>").And.Not.Contain("style"));
        Assert.That(html, Does.Contain("<li>☑ done</li>"));
    }

    [TestCase("[a](https://example.org/x?y=1&z)", "<a href=\"https://example.org/x?y=1&amp;z\"{rel}>a</a>")]
    [TestCase("<https://example.org/>", "<a href=\"https://example.org/\"{rel}>https://example.org/</a>")]
    [TestCase("https://example.org/", "<a href=\"https://example.org/\"{rel}>https://example.org/</a>")]
    [TestCase("[a](#some-title)", "<a href=\"#readme-some-title\"")]
    [TestCase("[a](./values.yaml#x)", "<a href=\"?file=values.yaml\"")]
    [TestCase("[a](other.md)", "<p>a</p>")]
    [TestCase("[a](javascript:alert(1))", "<p>a</p>")]
    [TestCase("[a](JaVaScRiPt:alert(1))", "<p>a</p>")]
    [TestCase("[a](data:text/html,x)", "<p>a</p>")]
    [TestCase("[a](//evil.example/x)", "<p>a</p>")]
    [TestCase("[a](/packages)", "<p>a</p>")]
    [TestCase("[a][b]\n\n[b]: vbscript:x", "<p>a</p>")]
    [TestCase("<me@example.org>", "<p>me@example.org</p>")]
    [TestCase("![text](https://example.org/i.png)", "<p><a href=\"https://example.org/i.png\"{rel}>text</a></p>")]
    [TestCase("![](https://example.org/i.png)", "<p><a href=\"https://example.org/i.png\"{rel}>Image</a></p>")]
    [TestCase("![text](values.yaml)", "<p><a href=\"?file=values.yaml\"{rel}>text</a></p>")]
    [TestCase("![text](javascript:alert(1))", "<p>text</p>")]
    [TestCase("[![text](https://a.example/i.png)](https://b.example/)", "<a href=\"https://b.example/\"{rel}>text</a>")]
    public void Links_lead_to_the_web_or_to_files_of_the_package(string markdown, string expected) =>
        Assert.That(
            Render(markdown),
            Does.Contain(expected.Replace("{rel}", Relation, StringComparison.Ordinal)));

    [TestCase("a <script>alert(1)</script> b")]
    [TestCase("<script>alert(1)</script>")]
    [TestCase("<style>body { display: none }</style>")]
    [TestCase("<img src=x onerror=alert(1)>")]
    [TestCase("a <img src=x onerror=alert(1)> b")]
    [TestCase("<svg onload=alert(1)>")]
    [TestCase("<iframe src=https://evil.example></iframe>")]
    [TestCase("<form action=https://evil.example><input name=p></form>")]
    [TestCase("<div>\n<script\n>alert(1)</script\n>\n</div>")]
    [TestCase("<a href='javascript:alert(1)'>x</a>")]
    [TestCase("<div style='position:fixed'>\n\nx\n\n</div>")]
    [TestCase("&lt;script&gt;alert(1)&lt;/script&gt;")]
    [TestCase("<<script>script>alert(1)<</script>/script>")]
    [TestCase("<!-- --> <script>alert(1)</script> -->")]
    [TestCase("[x](https://example.org \"\\\" onmouseover=alert(1) x=\\\"\")")]
    [TestCase("[x](https://example.org/\"onmouseover=\"alert(1))")]
    [TestCase("# a {#x onclick=alert(1)}")]
    [TestCase("```<script>\nalert(1)\n```")]
    [TestCase("<base href=https://evil.example>")]
    [TestCase("<meta http-equiv=refresh content=0>")]
    public void Html_is_left_out(string markdown)
    {
        var html = Render(markdown)!;
        Assert.That(
            html.Replace(Relation, "", StringComparison.Ordinal),
            Does.Not.Match("(?i)<(script|style|img|svg|iframe|form|base|meta|div)|<[^>]*\\s(on\\w+|style|src)\\s*="));
    }

    [Test]
    public void Text_within_html_stays() =>
        Assert.That(
            Render("<p align=center>\nHello <b>you</b> &amp; me\n</p>\n\nline<br>break"),
            Does.Contain("Hello you &amp; me").And.Contain("<br>"));

    [Test]
    public void Parts_that_can_be_folded_stay()
    {
        var html = Render(
            "<details open onclick=x>\n<summary>A <b>B</b></summary>\n\n- one\n\n</details>\n\n"
                + "<details><summary>C\n\nafter")!.ReplaceLineEndings("");
        Assert.That(html, Does.StartWith("<details><summary>A B</summary><ul><li>one</li></ul></details>"));
        Assert.That(html, Does.EndWith("<details><summary>C</summary><p>after</p></details>"));
        Assert.That(
            Render("<!-- <details> -->\n</details>\n<summary>x</summary>"),
            Does.Contain("<p>x</p>").And.Not.Contain("details"));
    }

    /// <summary>Recursive code would overflow the stack on the deep trees that these describe.</summary>
    [TestCase(">")]
    [TestCase("- ")]
    [TestCase("1. ")]
    [TestCase("> - ")]
    [TestCase("[a](\n\n")]
    [TestCase("**a _b ")]
    [TestCase("<b>")]
    [TestCase("<!--")]
    [TestCase("<div>\n\n")]
    [TestCase("<details>")]
    [TestCase("<details>\n\n")]
    [TestCase("<details><summary>")]
    [TestCase("|a")]
    public void Nesting_and_repetition_are_survived(string part) => Assert.That(
        Render(string.Concat(Enumerable.Repeat(part, RepeatedLength / part.Length))),
        Is.Null.Or.Not.Contain("<script"));

    [TestCase("[")]
    [TestCase("*a ")]
    [TestCase("_a ")]
    [TestCase("~~a ")]
    public void A_block_with_too_many_marks_is_not_rendered(string part)
    {
        Assert.That(Render(string.Concat(Enumerable.Repeat(part, 1000))), Is.Null);
        Assert.That(Render(string.Concat(Enumerable.Repeat(part + "\n\n", 1000))), Is.Not.Null);
    }

    [TestCase("#\n", 5000)]
    [TestCase("a\n=\n", 2500)]
    [TestCase("a  \n", 5000)]
    [TestCase("- a\n", 5000)]
    [TestCase("|a\n", 5000)]
    [TestCase("a a<?", 2000)]
    [TestCase("<!A", 2000)]
    [TestCase("<!-- >", 2000)]
    public void Too_many_lines_or_tags_are_not_rendered(string part, int most)
    {
        Assert.That(Render(string.Concat(Enumerable.Repeat(part, most - 1))), Is.Not.Null);
        Assert.That(Render(string.Concat(Enumerable.Repeat(part, most + 1))), Is.Null);
    }

    [TestCase(2000, 50_000)]
    [TestCase(500, 20_000)]
    [TestCase(200, 200)]
    public void A_table_with_too_many_cells_is_not_rendered(int columns, int rows) => Assert.That(
        Render(
            $"{string.Concat(Enumerable.Repeat("a|", columns))}\n{string.Concat(Enumerable.Repeat("-|", columns))}\n"
                + string.Concat(Enumerable.Repeat("|\n", rows))),
        Is.Null);

    [Test]
    public void A_long_table_of_parameters_is_rendered() => Assert.That(
        Render(
            "| Name | Description | Value |\n| --- | --- | --- |\n"
                + string.Concat(
                    Enumerable.Range(0, 1000).Select(static i => $"| `a.b{i}` | The {i}. value | `1` |\n"))),
        Does.Contain("<code>a.b999</code>"));

    [Test]
    public void Underscores_in_names_do_not_count_as_marks() =>
        Assert.That(Render(string.Concat(Enumerable.Repeat("SOME_NAME_1 ", 1000))), Is.Not.Null);

    [Test]
    public void A_readme_that_is_too_long_is_not_rendered() =>
        Assert.That(Render(new string('a', Readme.MaxLength + 1)), Is.Null);

    private static string? Render(string markdown) =>
        Readme.Render(markdown, static path => path == "values.yaml" ? $"?file={path}" : null)?.ToString();
}
