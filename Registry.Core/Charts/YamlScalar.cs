using System.Globalization;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Registry.Core.Charts;

/// <summary>
/// Gives scalars the types that Helm's YAML library (go-yaml 2, YAML 1.1) gives them: <c>yes</c> is true, <c>010</c> is
/// 8, <c>1_000</c> is 1000.
/// </summary>
internal static partial class YamlScalar
{
    private const string CoreTags = "tag:yaml.org,2002:";

    /// <summary>Resolves a scalar.</summary>
    /// <exception cref="ChartFormatException">It does not have the type of its tag.</exception>
    public static YamlValue Resolve(Scalar scalar)
    {
        if (scalar.Tag.IsEmpty || scalar.Tag.IsNonSpecific)
            return scalar.Tag.IsEmpty && scalar.Style == ScalarStyle.Plain
                ? ResolvePlain(scalar.Value)
                : new YamlValue.Text(scalar.Value);
        if (!scalar.Tag.Value.StartsWith(CoreTags, StringComparison.Ordinal))
            return new YamlValue.Text(scalar.Value);
        return (scalar.Tag.Value[CoreTags.Length..], ResolvePlain(scalar.Value)) switch
        {
            ("str" or "timestamp", _) => new YamlValue.Text(scalar.Value),
            ("bool", YamlValue.Boolean boolean) => boolean,
            ("null", YamlValue.Null none) => none,
            ("int", YamlValue.Integer integer) => integer,
            ("float", YamlValue.Integer integer) => new YamlValue.Float((double)integer.Value),
            ("float", YamlValue.Float number) => number,
            _ => throw new ChartFormatException($"Line {scalar.Start.Line} has a value that does not match its tag."),
        };
    }

    /// <summary>Resolves the key of a mapping to the text that it becomes in JSON.</summary>
    /// <exception cref="ChartFormatException">It has no such text.</exception>
    public static string ResolveKey(Scalar scalar)
    {
        if (scalar is { Value: "<<", Style: ScalarStyle.Plain })
            throw new ChartFormatException(
                $"Line {scalar.Start.Line} merges another mapping, which this registry does not support.");
        return Resolve(scalar) switch
        {
            YamlValue.Text text => text.Value,
            YamlValue.Boolean boolean => GoNumber.Text(boolean.Value),
            YamlValue.Integer { Value: var value } when value <= long.MaxValue =>
                value.ToString(CultureInfo.InvariantCulture),
            YamlValue.Float number => GoNumber.Key(number.Value),
            var other => throw new ChartFormatException(
                $"The key on line {scalar.Start.Line} is {other.Kind}, which JSON does not allow."),
        };
    }

    /// <summary>Rejects escapes that Helm's YAML library does not have: of surrogates, and of the slash.</summary>
    /// <param name="scalar">The scalar.</param>
    /// <param name="source">Its text in the file.</param>
    /// <exception cref="ChartFormatException">It contains such an escape.</exception>
    public static void RequireValid(Scalar scalar, ReadOnlySpan<char> source)
    {
        if (scalar.Style != ScalarStyle.DoubleQuoted)
            return;
        while (source.IndexOf('\\') is >= 0 and var at && at + 1 < source.Length)
        {
            source = source[(at + 1)..];
            if (source is ['/', ..]
                or ['u', 'd' or 'D', '8' or '9' or (>= 'a' and <= 'f') or (>= 'A' and <= 'F'), ..]
                or ['U', '0', '0', '0', '0', 'd' or 'D', '8' or '9' or (>= 'a' and <= 'f') or (>= 'A' and <= 'F'), ..])
                throw new ChartFormatException(
                    $"Line {scalar.Start.Line} contains an escape sequence that YAML 1.1 does not have.");
            source = source[1..];
        }
    }

    private static YamlValue ResolvePlain(string text) => text switch
    {
        "y" or "Y" or "yes" or "Yes" or "YES" or "true" or "True" or "TRUE" or "on" or "On" or "ON" =>
            new YamlValue.Boolean(true),
        "n" or "N" or "no" or "No" or "NO" or "false" or "False" or "FALSE" or "off" or "Off" or "OFF" =>
            new YamlValue.Boolean(false),
        "" or "~" or "null" or "Null" or "NULL" => new YamlValue.Null(),
        ".nan" or ".NaN" or ".NAN" => new YamlValue.Float(double.NaN),
        ".inf" or ".Inf" or ".INF" or "+.inf" or "+.Inf" or "+.INF" => new YamlValue.Float(double.PositiveInfinity),
        "-.inf" or "-.Inf" or "-.INF" => new YamlValue.Float(double.NegativeInfinity),
        [(>= '0' and <= '9') or '+' or '-' or '.', ..] => ResolveNumber(text),
        _ => new YamlValue.Text(text),
    };

    private static YamlValue ResolveNumber(string text)
    {
        var plain = text.Replace("_", "", StringComparison.Ordinal);
        if (TryParseInteger(plain, out var integer))
            return new YamlValue.Integer(integer);
        return Decimal.IsMatch(plain)
            && double.TryParse(plain, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            && double.IsFinite(number)
            ? new YamlValue.Float(number)
            : new YamlValue.Text(text);
    }

    /// <summary>
    /// Parses an integer as in Go's source: a sign, then the prefix 0x, 0b, 0o or 0 of its base. Only a number without
    /// a sign may exceed 63 bits.
    /// </summary>
    private static bool TryParseInteger(string text, out Int128 value)
    {
        var digits = text.AsSpan();
        var isSigned = digits is ['+' or '-', ..];
        var isNegative = digits is ['-', ..];
        if (isSigned)
            digits = digits[1..];
        var (radix, prefix) = digits switch
        {
            ['0', 'x' or 'X', _, ..] => (16, 2),
            ['0', 'b' or 'B', _, ..] => (2, 2),
            ['0', 'o' or 'O', _, ..] => (8, 2),
            ['0', _, ..] => (8, 1),
            _ => (10, 0),
        };
        digits = digits[prefix..];
        value = 0;
        if (digits.IsEmpty)
            return false;
        foreach (var character in digits)
        {
            var digit = char.IsAsciiHexDigit(character) ? Convert.ToInt32(character.ToString(), 16) : radix;
            if (digit >= radix)
                return false;
            value = (value * radix) + digit;
            if (value > ulong.MaxValue)
                return false;
        }

        if (isNegative)
            value = -value;
        return value >= long.MinValue && (!isSigned || value <= long.MaxValue);
    }

    [GeneratedRegex(@"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\z")]
    private static partial Regex Decimal { get; }
}
