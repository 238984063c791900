using System.Text.RegularExpressions;

namespace Registry.Tests.Support.Telemetry;

/// <summary>The metrics, labels and values that an expression of Prometheus names.</summary>
internal sealed partial class PromQuery
{
    private static readonly string[] Grouping = ["by", "without", "on", "ignoring", "group_left", "group_right"];
    private static readonly string[] Operators = ["and", "or", "unless", "bool", "offset"];

    private readonly List<(string Series, List<(string Label, string Value)> Matchers)> selectors = [];
    private readonly HashSet<string> grouped = new(StringComparer.Ordinal);

    /// <summary>The series with the labels and values that select them.</summary>
    public IReadOnlyList<(string Series, List<(string Label, string Value)> Matchers)> Selectors => selectors;

    /// <summary>The labels by which results are grouped.</summary>
    public IReadOnlySet<string> GroupLabels => grouped;

    /// <exception cref="FormatException">The expression has a part that this parser does not know.</exception>
    public static PromQuery Parse(string expression)
    {
        var query = new PromQuery();
        var tokens = Token().Matches(expression).Select(static token => token.Value).ToList();
        if (string.Concat(tokens).Length != expression.Count(static c => !char.IsWhiteSpace(c))
            + tokens.Sum(static token => token.Count(char.IsWhiteSpace)))
            throw new FormatException($"Cannot parse: {expression}");
        for (var i = 0; i < tokens.Count; i++)
        {
            var next = i + 1 < tokens.Count ? tokens[i + 1] : "";
            if (!Name().IsMatch(tokens[i]) || Operators.Contains(tokens[i]))
                continue;
            if (Grouping.Contains(tokens[i]))
            {
                for (i += 2; tokens[i] != ")"; i++)
                    if (tokens[i] != ",")
                        query.grouped.Add(tokens[i]);
            }
            else if (next.StartsWith('{'))
            {
                var matchers = Matcher().Matches(next)
                    .Select(static match => (match.Groups["label"].Value, match.Groups["value"].Value));
                query.selectors.Add((tokens[i], [.. matchers]));
            }
            else if (next != "(" && !Grouping.Contains(next))
            {
                query.selectors.Add((tokens[i], []));
            }
        }

        return query;
    }

    [GeneratedRegex("""[a-zA-Z_:][\w:]*|\{[^{}]*\}|\[[^\]]*\]|"[^"]*"|[0-9.]+[a-z]*|[-+*/%^<>=!,()]""")]
    private static partial Regex Token();

    [GeneratedRegex(@"^[a-zA-Z_:][\w:]*$")]
    private static partial Regex Name();

    [GeneratedRegex("""(?<label>\w+)\s*(=~|!~|!=|=)\s*"(?<value>[^"]*)" *""")]
    private static partial Regex Matcher();
}
