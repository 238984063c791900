using System.Diagnostics.CodeAnalysis;

namespace Registry.Core.Versions;

/// <summary>
/// Turns the text of a release query into conditions. The forms and their meaning are those of the python library that
/// CNR servers have always used (semantic_version 2.6.0, <c>Spec</c>), its oddities included, and those that it fails
/// on but that have a plain meaning: <c>~1</c>, <c>^0</c>, <c>^0.0</c>, <c>1.x</c>, <c>1.2.*</c>.
/// </summary>
internal static class ReleaseQueryParser
{
    private const string Any = "*";

    /// <summary>Reads the parts between the commas; false when one of them is none.</summary>
    /// <param name="text">The query without spaces.</param>
    /// <param name="conditions">What a release must stand, all of it; none for <c>*</c>.</param>
    /// <param name="reason">Why it is no query, in words that may reach a client.</param>
    public static bool TryParse(
        string text, [NotNullWhen(true)] out ReleaseCondition[]? conditions, [NotNullWhen(false)] out string? reason)
    {
        conditions = null;
        var read = new List<ReleaseCondition>();
        foreach (var part in text.Split(','))
        {
            if (!TryAppend(read, part, out reason))
                return false;
        }

        reason = null;
        conditions = [.. read];
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
        var sign = digit < 0 ? part : part[..digit];
        var version = part[sign.Length..];
        if (digit < 0 || !IsSign(sign))
        {
            reason = $"Invalid requirement specification: '{part}'{ReleaseGrammar.HintAt(part)}";
            return false;
        }

        if (sign.Length == 0 && FixedPartOf(version) is { } fixedPart)
            (sign, version) = ("~", fixedPart);
        if (!PartialRelease.TryParse(version, out var operand, out reason))
            return false;
        if (operand.Build is not null && sign is not ("" or "=" or "==" or "!="))
        {
            reason = $"Invalid requirement specification '{part}': build numbers have no ordering.";
            return false;
        }

        Append(conditions, sign, operand);
        return true;
    }

    /// <summary>
    /// The <c>1</c> of <c>1.x</c>, which stands for <c>~1</c>, or the <c>1.2</c> of <c>1.2.*</c>; null when the version
    /// has no such end.
    /// </summary>
    private static string? FixedPartOf(string version) =>
        version is [.. var numbers, '.', 'x' or '*']
            && numbers.Split('.') is { Length: <= 2 } parts
            && parts.All(part => DottedText.IsNumeric(part))
            ? numbers
            : null;

    private static bool IsSign(
        string text) => text is "" or "=" or "==" or "!=" or "<" or "<=" or ">" or ">=" or "^" or "~" or "~=";

    private static void Append(List<ReleaseCondition> conditions, string sign, PartialRelease operand)
    {
        var comparison = sign switch
        {
            "" or "=" or "==" => ReleaseComparison.Equal,
            "!=" => ReleaseComparison.NotEqual,
            "<" => ReleaseComparison.Less,
            "<=" => ReleaseComparison.LessOrEqual,
            ">" => ReleaseComparison.Greater,
            _ => ReleaseComparison.GreaterOrEqual,
        };
        conditions.Add(new ReleaseCondition(comparison, operand));
        var bound = sign switch
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
        { Minor: null } => Zero("1", "0"),
        { Minor: not "0" } => NextMinor(operand),
        { Patch: null } => Zero("0", "1"),
        _ => NextPatch(operand),
    };

    private static PartialRelease Tilde(
        PartialRelease operand) => operand.Minor is null ? Caret(operand) : NextMinor(operand);

    /// <summary>
    /// The bound of <c>^0</c> and <c>^0.0</c>, which the library fails on: they stand for <c>&lt;1.0.0</c> and
    /// <c>&lt;0.1.0</c>, prereleases of the bound left out.
    /// </summary>
    private static PartialRelease Zero(string major, string minor) => new(major, minor, "0", null, null);

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
    /// A bound that comes after its own prereleases: the library's <c>^1.0.0-alpha</c> ends at 1.0.0, and <c>^1.0-0</c>
    /// takes in 2.0.0-beta.
    /// </summary>
    private static PartialRelease Bound(
        string major, string? minor, string? patch) => new(major, minor, patch, "", null);

    private static bool IsPrerelease(PartialRelease operand) => operand.Prerelease is { Length: > 0 };

    /// <summary>The number after this one, of any size.</summary>
    private static string Increment(string number)
    {
        var kept = number.AsSpan().TrimEnd('9');
        var zeros = new string('0', number.Length - kept.Length);
        return kept.IsEmpty ? $"1{zeros}" : $"{kept[..^1]}{(char)(kept[^1] + 1)}{zeros}";
    }
}
