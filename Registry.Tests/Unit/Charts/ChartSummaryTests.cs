using System.Text;
using NUnit.Framework;
using Registry.Core.Charts;

namespace Registry.Tests.Unit.Charts;

/// <summary>What lists show of a chart.</summary>
[Parallelizable(ParallelScope.Self)]
public sealed class ChartSummaryTests
{
    [Test]
    public void It_has_description_keywords_and_deprecation()
    {
        var summary = Read(
            """
            {"name":"web","maintainers":[{"description":"no"}],"description":"A <b>","keywords":["a","b"],"deprecated":true}
            """);
        Assert.That(summary.Description, Is.EqualTo("A <b>"));
        Assert.That(summary.Keywords, Is.EqualTo(new[] { "a", "b" }));
        Assert.That(summary.IsDeprecated);
    }

    [Test]
    public void What_is_not_given_is_empty()
    {
        var summary = Read("""{"name":"web"}""");
        Assert.That(summary.Description, Is.Empty);
        Assert.That(summary.Keywords, Is.Empty);
        Assert.That(summary.IsDeprecated, Is.False);
    }

    [Test]
    public void Long_texts_are_cut_between_characters()
    {
        var face = "\U0001F600";
        var text = string.Concat(Enumerable.Repeat(face, ChartSummary.MaxDescriptionLength));
        var words = string.Join(',', Enumerable.Range(0, 30).Select(static i => $"\"{i}\""));
        var summary = Read($$"""
            {"description":"{{text}}","keywords":["{{new string('x', ChartSummary.MaxKeywordLength + 1)}}",{{words}}]}
            """);
        Assert.That(summary.Description, Has.Length.LessThanOrEqualTo(ChartSummary.MaxDescriptionLength));
        Assert.That(summary.Description, Does.EndWith($"{face}…"));
        Assert.That(summary.Keywords, Has.Length.EqualTo(ChartSummary.MaxKeywords));
        Assert.That(summary.Keywords[0], Is.EqualTo("0"));
    }

    private static ChartSummary Read(string json) => ChartSummary.Read(Encoding.UTF8.GetBytes(json));
}
