using System.Net;
using System.Text.RegularExpressions;
using NUnit.Framework;

namespace Registry.Tests.Support;

/// <summary>The commands that pages offer to copy.</summary>
internal static partial class PageCommands
{
    /// <summary>Returns the text of a command.</summary>
    /// <param name="page">The HTML of the page.</param>
    /// <param name="label">What the command does.</param>
    public static string Find(string page, string label)
    {
        var found = Pattern.Matches(page)
            .Where(match => WebUtility.HtmlDecode(match.Groups["label"].Value) == label)
            .ToList();
        Assert.That(found, Has.Count.EqualTo(1), label);
        return WebUtility.HtmlDecode(found[0].Groups["text"].Value);
    }

    [GeneratedRegex("data-label=\"(?<label>[^\"]*)\"><pre[^>]*><code>(?<text>[^<]*)</code>")]
    private static partial Regex Pattern { get; }
}
