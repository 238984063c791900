using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;
using NUnit.Framework;
using Registry.Tests.Support;

namespace Registry.Tests.Unit;

/// <summary>The width of the source code.</summary>
public sealed class LineWidthTests
{
    private const int Columns = 120;

    [Test]
    public void No_line_is_wider_than_120_columns()
    {
        var wide = Directory.EnumerateFiles(RegistryProcess.Root, "*.cs", SearchOption.AllDirectories)
            .Where(static path => !path.Contains("/obj/", StringComparison.Ordinal)
                && !path.Contains("/bin/", StringComparison.Ordinal))
            .SelectMany(static path => WideLines(File.ReadAllText(path))
                .Select(line => $"{Path.GetRelativePath(RegistryProcess.Root, path)}:{line}"));
        Assert.That(string.Join('\n', wide.Order(StringComparer.Ordinal)), Is.Empty);
    }

    [TestCase("var a = 1;", 0, ExpectedResult = 0)]
    [TestCase("var a = 1;", 111, ExpectedResult = 1)]
    [TestCase("// a b", 115, ExpectedResult = 1)]
    [TestCase("\"a b\"", 120, ExpectedResult = 1)]
    [TestCase("F(\"ab\");", 120, ExpectedResult = 1)]
    [TestCase("\"a\",\"b\",", 120, ExpectedResult = 1)]
    [TestCase("$\"a{b}c\");", 120, ExpectedResult = 0)]
    [TestCase("\"ab\",", 120, ExpectedResult = 0)]
    [TestCase("+ \"ab\";", 120, ExpectedResult = 0)]
    [TestCase("var a = \"\"\"\n{0}a b\n\"\"\";", 120, ExpectedResult = 0)]
    [TestCase("var a = $$\"\"\"\n{0}a {{1}} b\n\"\"\";", 120, ExpectedResult = 0)]
    [TestCase("var a = @\"\n{0}a b\n\";", 120, ExpectedResult = 1)]
    public int Only_raw_strings_and_unbreakable_literals_may_be_wider(string text, int indentation) =>
        WideLines(text.Contains("{0}", StringComparison.Ordinal)
            ? text.Replace("{0}", new string(' ', indentation), StringComparison.Ordinal)
            : new string(' ', indentation) + text).Count();

    /// <summary>Returns the numbers of the lines that are too wide, from 1.</summary>
    private static IEnumerable<int> WideLines(string source)
    {
        if (source.Split('\n').All(static line => line.Length <= Columns))
            return [];
        var text = CSharpSyntaxTree.ParseText(source).GetText();
        var root = CSharpSyntaxTree.ParseText(text).GetRoot();
        return text.Lines
            .Where(line => line.Span.Length > Columns && !IsAllowed(root, text.ToString(line.Span), line.Span))
            .Select(static line => line.LineNumber + 1);
    }

    private static bool IsAllowed(SyntaxNode root, string line, TextSpan span)
    {
        var token = root.FindToken(span.Start + line.Length - line.TrimStart().Length);

        if (IsInsideRawString(token, span.Start))
            return true;

        // The line is one literal without white space, optionally with a plus before it and punctuation after it.
        var literal = line.Trim().TrimStart('+').TrimStart().TrimEnd(',', ';', ')', ']');
        return !literal.Any(char.IsWhiteSpace) && IsString(SyntaxFactory.ParseExpression(literal), literal);
    }

    private static bool IsString(ExpressionSyntax expression, string text) =>
        expression.Span.Length == text.Length
        && expression is InterpolatedStringExpressionSyntax
            or LiteralExpressionSyntax { RawKind: (int)SyntaxKind.StringLiteralExpression };

    private static bool IsInsideRawString(SyntaxToken token, int lineStart) =>
        (token.Kind() is SyntaxKind.MultiLineRawStringLiteralToken or SyntaxKind.Utf8MultiLineRawStringLiteralToken
            && token.SpanStart < lineStart)
        || (token.Parent?.AncestorsAndSelf().OfType<InterpolatedStringExpressionSyntax>().Any(text =>
            text.StringStartToken.IsKind(SyntaxKind.InterpolatedMultiLineRawStringStartToken)
            && text.SpanStart < lineStart) ?? false);
}
