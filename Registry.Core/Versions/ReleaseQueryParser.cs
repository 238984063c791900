using System.Diagnostics.CodeAnalysis;

namespace Registry.Core.Versions;

/// <summary>
/// Parses a release query into conditions. Syntax and semantics, oddities included, are those of the Python library
/// that CNR servers have always used (semantic_version 2.6.0, <c>Spec</c>). Forms with an obvious meaning that the
/// library fails on are supported too: <c>~1</c>, <c>^0</c>, <c>^0.0</c>, <c>1.x</c>, <c>1.2.*</c>.
/// </summary>
internal static class ReleaseQueryParser
{
    private const string Any = "*";

    /// <summary>Parses the comma-separated parts; false when one of them is invalid.</summary>
    /// <param name="text">The query without spaces.</param>
    /// <param name="conditions">The conditions that a release must all satisfy; empty for <c>*</c>.</param>
    /// <param name="reason">Why the query is invalid, as a message that may reach the client; otherwise null.</param>
    public static bool TryParse(
        string text, [NotNullWhen(true)] out ReleaseCondition[]? conditions, [NotNullWhen(false)] out string? reason)
    {
        conditions = null;
        var parsed = new List<ReleaseCondition>();
        foreach (var part in text.Split(','))
        {
            if (!TryAppend(parsed, part, out reason))
                return false;
        }

        reason = null;
        conditions = [.. parsed];
        return true;
    }

    private static bool TryAppend(
        List<ReleaseCondition> conditions, string part, [NotNullWhen(false)] out string? reason)
    {
        reason = null;
        if (part == Any)
            return true;
        if (part.Length == 0)
        {
            reason = "Invalid empty requirement specification: ''";
            return false;
        }

        var digit = part.AsSpan().IndexOfAnyInRange('0', '9');
        var prefix = digit < 0 ? part : part[..digit];
        var version = part[prefix.Length..];
        if (digit < 0 || !IsOperator(prefix))
        {
            reason = $"Invalid requirement specification: '{part}'{ReleaseGrammar.HintFor(part)}";
            return false;
        }

        if (prefix.Length == 0 && FindFixedPart(version) is { } fixedPart)
            (prefix, version) = ("~", fixedPart);
        if (!PartialRelease.TryParse(version, out var operand, out reason))
            return false;
        if (operand.Build is not null && prefix is not ("" or "=" or "==" or "!="))
        {
            reason = $"Invalid requirement specification '{part}': build numbers have no ordering.";
            return false;
        }

        Append(conditions, prefix, operand);
        return true;
    }

    /// <summary>
    /// Returns the <c>1</c> of <c>1.x</c>, which stands for <c>~1</c>, or the <c>1.2</c> of <c>1.2.*</c>; null when the
    /// version has no wildcard at its end.
    /// </summary>
    private static string? FindFixedPart(string version) =>
        version is [.. var numbers, '.', 'x' or '*']
            && numbers.Split('.') is { Length: <= 2 } parts
            && parts.All(part => DottedText.IsNumeric(part))
            ? numbers
            : null;

    private static bool IsOperator(string prefix) =>
        prefix is "" or "=" or "==" or "!=" or "<" or "<=" or ">" or ">=" or "^" or "~" or "~=";

    private static void Append(List<ReleaseCondition> conditions, string prefix, PartialRelease operand)
    {
        var comparison = prefix switch
        {
            "" or "=" or "==" => ReleaseComparison.Equal,
            "!=" => ReleaseComparison.NotEqual,
            "<" => ReleaseComparison.Less,
            "<=" => ReleaseComparison.LessOrEqual,
            ">" => ReleaseComparison.Greater,
            _ => ReleaseComparison.GreaterOrEqual,
        };
        conditions.Add(new ReleaseCondition(comparison, operand));
        var bound = prefix switch
        {
            "^" => Caret(operand),
            "~" => Tilde(operand),
            "~=" => operand.Patch is null ? NextMajor(operand) : NextMinor(operand),
            _ => null,
        };
        if (bound is not null)
            conditions.Add(new ReleaseCondition(ReleaseComparison.Less, bound));
    }

    private static PartialRelease Caret(PartialRelease operand) => operand switch
    {
        { Major: not "0" } => NextMajor(operand),
        { Minor: null } => ZeroBound("1", "0"),
        { Minor: not "0" } => NextMinor(operand),
        { Patch: null } => ZeroBound("0", "1"),
        _ => NextPatch(operand),
    };

    private static PartialRelease Tilde(PartialRelease operand) =>
        operand.Minor is null ? Caret(operand) : NextMinor(operand);

    /// <summary>
    /// Returns the bound of <c>^0</c> and <c>^0.0</c>, which the library fails on: they stand for <c>&lt;1.0.0</c> and
    /// <c>&lt;0.1.0</c>, and exclude prereleases of the bound.
    /// </summary>
    private static PartialRelease ZeroBound(string major, string minor) => new(major, minor, "0", null, null);

    private static PartialRelease NextMajor(PartialRelease operand) =>
        IsPrerelease(operand) && operand is { Minor: "0", Patch: "0" }
            ? Bound(operand.Major, "0", "0")
            : Bound(Increment(operand.Major), "0", "0");

    private static PartialRelease NextMinor(PartialRelease operand) =>
        IsPrerelease(operand) && operand.Patch == "0"
            ? Bound(operand.Major, operand.Minor, "0")
            : Bound(operand.Major, Increment(operand.Minor!), "0");

    private static PartialRelease NextPatch(PartialRelease operand) =>
        Bound(operand.Major, operand.Minor, IsPrerelease(operand) ? operand.Patch : Increment(operand.Patch!));

    /// <summary>
    /// Returns a bound that comes after its own prereleases: in the library <c>^1.0.0-alpha</c> ends at 1.0.0, and
    /// <c>^1.0-0</c> includes 2.0.0-beta.
    /// </summary>
    private static PartialRelease Bound(string major, string? minor, string? patch) =>
        new(major, minor, patch, "", null);

    private static bool IsPrerelease(PartialRelease operand) => operand.Prerelease is { Length: > 0 };

    /// <summary>Adds one to a number of any size.</summary>
    private static string Increment(string number)
    {
        var digits = number.AsSpan().TrimEnd('9');
        var zeros = new string('0', number.Length - digits.Length);
        return digits.IsEmpty ? $"1{zeros}" : $"{digits[..^1]}{(char)(digits[^1] + 1)}{zeros}";
    }
}
