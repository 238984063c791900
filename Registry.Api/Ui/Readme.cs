using System.Net;
using System.Text.RegularExpressions;
using Ganss.Xss;
using Markdig;
using Markdig.Extensions.AutoIdentifiers;
using Markdig.Extensions.EmphasisExtras;
using Markdig.Extensions.TaskLists;
using Markdig.Renderers;
using Markdig.Renderers.Html;
using Markdig.Renderers.Html.Inlines;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;
using Microsoft.AspNetCore.Html;

namespace Registry.Api.Ui;

/// <summary>
/// Renders the README of a package, which is untrusted. Of its HTML, only text and collapsible sections are kept.
/// Images become links with their alternative texts, and links lead to the web or to a file of the package. The result
/// passes a sanitizer that allows only these elements.
/// </summary>
internal static partial class Readme
{
    /// <summary>The longest README that is rendered, in characters; a longer one is shown as text.</summary>
    public const int MaxLength = 128 << 10;

    /// <summary>
    /// The most brackets and marks of emphasis between two empty lines. The time to parse them grows with the square of
    /// their number.
    /// </summary>
    private const int MaxBrackets = 250;

    private const int MaxMarks = 600;

    /// <summary>
    /// The most lines and tags. The time to number headings, to parse open tags and to sanitize siblings grows with the
    /// square of their number.
    /// </summary>
    private const int MaxLines = 5000;

    private const int MaxTags = 2000;

    /// <summary>The most cells of all tables. The parser fills each row up to the width of its table.</summary>
    private const int MaxCells = 20_000;

    /// <summary>The longest HTML, in characters.</summary>
    private const int MaxHtmlLength = 1 << 20;

    /// <summary>Keeps the ids of headings apart from those of the page.</summary>
    private const string IdPrefix = "readme-";

    private const int HighestHeading = 2;
    private const int LowestHeading = 6;

    private static readonly MarkdownPipeline Pipeline = new MarkdownPipelineBuilder()
        .UsePipeTables()
        .UseTaskLists()
        .UseAutoLinks()
        .UseEmphasisExtras(EmphasisExtraOptions.Strikethrough)
        .UseAutoIdentifiers(AutoIdentifierOptions.GitHub)
        .Build();

    private static readonly HtmlSanitizer Sanitizer = new(new HtmlSanitizerOptions
    {
        AllowedTags = new HashSet<string>(StringComparer.OrdinalIgnoreCase)
        {
            "a", "blockquote", "br", "code", "del", "details", "em", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol",
            "p", "pre", "strong", "summary", "table", "tbody", "td", "th", "thead", "tr", "ul",
        },
        AllowedAttributes = new HashSet<string>(StringComparer.OrdinalIgnoreCase)
        {
            "href", "id", "rel", "start",
        },
        AllowedSchemes = new HashSet<string>(StringComparer.OrdinalIgnoreCase) { "http", "https" },
        UriAttributes = new HashSet<string>(StringComparer.OrdinalIgnoreCase) { "href" },
    });

    /// <summary>Renders Markdown.</summary>
    /// <param name="markdown">The text.</param>
    /// <param name="addressOf">
    /// Returns the address of a file of the package, by its path; null when there is no such file.
    /// </param>
    /// <returns>The HTML; null when the text is too long or too complicated.</returns>
    public static HtmlString? Render(string markdown, Func<string, string?> addressOf)
    {
        if (markdown.Length > MaxLength || !IsCheap(markdown))
            return null;
        MarkdownDocument document;
        try
        {
            document = Markdown.Parse(markdown, Pipeline);
        }
        catch (ArgumentException)
        {
            // Elements are nested deeper than the parser allows.
            return null;
        }

        foreach (var heading in document.Descendants<HeadingBlock>())
        {
            heading.Level = Math.Clamp(heading.Level + 1, HighestHeading, LowestHeading);
            if (heading.TryGetAttributes()?.Id is { } id)
                heading.GetAttributes().Id = IdPrefix + id;
        }

        using var html = new StringWriter();
        var renderer = new HtmlRenderer(html);
        Pipeline.Setup(renderer);
        renderer.ObjectRenderers.ReplaceOrAdd<HtmlBlockRenderer>(new HtmlAsText());
        renderer.ObjectRenderers.ReplaceOrAdd<HtmlInlineRenderer>(new NoTags());
        renderer.ObjectRenderers.ReplaceOrAdd<LinkInlineRenderer>(new CheckedLinks(addressOf));
        renderer.ObjectRenderers.ReplaceOrAdd<AutolinkInlineRenderer>(new CheckedAutolinks());
        renderer.ObjectRenderers.ReplaceOrAdd<HtmlTaskListRenderer>(new Boxes());
        renderer.Render(document);
        if (html.GetStringBuilder().Length > MaxHtmlLength)
            return null;

        // What may scroll sideways must be reachable by keyboard.
        return new HtmlString(Sanitizer.Sanitize(html.ToString())
            .Replace("<pre>", "<pre tabindex=\"0\">", StringComparison.Ordinal)
            .Replace("<table>", "<table tabindex=\"0\">", StringComparison.Ordinal));
    }

    private static bool IsCheap(string markdown)
    {
        var (lines, tags, cells) = (0, 0, 0);
        var (brackets, marks, rows, columns) = (0, 0, 0, 0);
        foreach (var line in markdown.AsSpan().EnumerateLines())
        {
            // Other white space is text to Markdown.
            if (line.Trim(" \t").IsEmpty)
            {
                cells += rows * columns;
                (brackets, marks, rows, columns) = (0, 0, 0, 0);
            }

            lines++;
            rows++;
            tags += line.Count('<');
            columns = Math.Max(columns, line.Count('|'));
            brackets += line.Count('[');
            marks += line.Count('*') + line.Count('~');

            // Within a word, an underscore marks nothing.
            for (var i = 0; i < line.Length; i++)
                if (line[i] == '_' && (i == 0 || !char.IsAsciiLetterOrDigit(line[i - 1])))
                    marks++;
            if (brackets > MaxBrackets
                || marks > MaxMarks
                || lines > MaxLines
                || tags > MaxTags
                || cells + ((long)rows * columns) > MaxCells)
                return false;
        }

        return true;
    }

    /// <summary>The tags within a line, around which no space is needed.</summary>
    [GeneratedRegex(
        "</?(?:a|b|code|em|i|kbd|s|span|strong|sub|sup|u)(?:\\s[^>]*)?>",
        RegexOptions.IgnoreCase | RegexOptions.NonBacktracking)]
    private static partial Regex InlineTag { get; }

    /// <summary>The tags of a collapsible section.</summary>
    [GeneratedRegex(
        "<(?<end>/?)(?<name>details|summary)(?:\\s[^>]*)?>", RegexOptions.IgnoreCase | RegexOptions.NonBacktracking)]
    private static partial Regex FoldTag { get; }

    [GeneratedRegex("<!--.*?-->", RegexOptions.Singleline | RegexOptions.NonBacktracking)]
    private static partial Regex Comment { get; }

    [GeneratedRegex("<[^>]*>", RegexOptions.Singleline | RegexOptions.NonBacktracking)]
    private static partial Regex Tag { get; }

    private static void WriteLinkStart(HtmlRenderer renderer, string address) =>
        renderer.Write("<a href=\"").WriteEscapeUrl(address).Write($"\" rel=\"{SafeLink.Relation}\">");

    private sealed class HtmlAsText : HtmlObjectRenderer<HtmlBlock>
    {
        /// <summary>The deepest nesting of collapsible sections. The sanitizer walks their tree.</summary>
        private const int MaxDepth = 4;

        private int depth;
        private bool isInSummary;

        protected override void Write(HtmlRenderer renderer, HtmlBlock obj)
        {
            if (obj.Type == HtmlBlockType.ScriptPreOrStyle)
                return;
            var html = Comment.Replace(obj.Lines.ToString(), "");
            var start = 0;
            foreach (Match tag in FoldTag.Matches(html))
            {
                WriteText(renderer, html[start..tag.Index]);
                start = tag.Index + tag.Length;
                EndSummary(renderer);
                var isEnd = tag.Groups["end"].Length > 0;
                if (tag.Groups["name"].Value.Equals("summary", StringComparison.OrdinalIgnoreCase))
                {
                    isInSummary = !isEnd && depth > 0;
                    renderer.Write(isInSummary ? "<summary>" : "");
                }
                else if (isEnd ? depth > 0 : depth < MaxDepth)
                {
                    depth += isEnd ? -1 : 1;
                    renderer.WriteLine(isEnd ? "</details>" : "<details>");
                }
            }

            WriteText(renderer, html[start..]);
            EndSummary(renderer);
        }

        private void WriteText(HtmlRenderer renderer, string html)
        {
            var text = WebUtility.HtmlDecode(Tag.Replace(InlineTag.Replace(html, ""), " ")).Trim();
            if (text.Length == 0)
                return;
            if (isInSummary)
                renderer.WriteEscape(text);
            else
                renderer.Write("<p>").WriteEscape(text).WriteLine("</p>");
        }

        private void EndSummary(HtmlRenderer renderer)
        {
            renderer.WriteLine(isInSummary ? "</summary>" : "");
            isInSummary = false;
        }
    }

    private sealed class NoTags : HtmlObjectRenderer<HtmlInline>
    {
        protected override void Write(HtmlRenderer renderer, HtmlInline obj)
        {
            if (obj.Tag.StartsWith("<br", StringComparison.OrdinalIgnoreCase))
                renderer.WriteLine("<br>");
        }
    }

    /// <summary>
    /// Task list items: characters instead of inputs, so that nobody can check them and screen readers read them.
    /// </summary>
    private sealed class Boxes : HtmlObjectRenderer<TaskList>
    {
        protected override void Write(HtmlRenderer renderer, TaskList obj) =>
            renderer.Write(obj.Checked ? "☑" : "☐");
    }

    private sealed class CheckedLinks(Func<string, string?> addressOf) : LinkInlineRenderer
    {
        protected override void Write(HtmlRenderer renderer, LinkInline link)
        {
            // A link in a link would end the outer one.
            var address = link.IsImage && IsInLink(link)
                ? null
                : Resolve(link.GetDynamicUrl?.Invoke() ?? link.Url ?? "");
            if (address is not null)
                WriteLinkStart(renderer, address);
            if (link.IsImage && link.FirstChild is null)
                renderer.Write("Image");
            renderer.WriteChildren(link);
            if (address is not null)
                renderer.Write("</a>");
        }

        private static bool IsInLink(LinkInline link) =>
            link.FindParentOfType<LinkInline>().Any(static outer => !outer.IsImage);

        private string? Resolve(string url) =>
            url.StartsWith('#') ? $"#{IdPrefix}{url[1..]}"
            : SafeLink.Of(url)
                ?? addressOf(
                    url.StartsWith("./", StringComparison.Ordinal) ? url[2..].Split('#')[0] : url.Split('#')[0]);
    }

    private sealed class CheckedAutolinks : AutolinkInlineRenderer
    {
        protected override void Write(HtmlRenderer renderer, AutolinkInline obj)
        {
            var address = obj.IsEmail ? null : SafeLink.Of(obj.Url);
            if (address is not null)
                WriteLinkStart(renderer, address);
            renderer.WriteEscape(obj.Url);
            if (address is not null)
                renderer.Write("</a>");
        }
    }
}
