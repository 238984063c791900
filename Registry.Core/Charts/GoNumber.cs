using System.Globalization;

namespace Registry.Core.Charts;

/// <summary>Formats numbers and Boolean values as Go does where Helm converts them.</summary>
internal static class GoNumber
{
    /// <summary>The number of digits from which on <c>%g</c> writes an exponent.</summary>
    private const int MaxPlainDigits = 6;

    /// <summary>Formats a Boolean value.</summary>
    public static string Text(bool value) => value ? "true" : "false";

    /// <summary>
    /// Formats a number that belongs into a text: the shortest decimal form of the nearest number of 32 bits, in Go's
    /// format <c>g</c>.
    /// </summary>
    public static string Text(double value)
    {
        var single = (float)value;
        if (!float.IsFinite(single))
            return float.IsNaN(single) ? "NaN" : single > 0 ? "+Inf" : "-Inf";
        var (sign, digits, point) = Split(single.ToString("R", CultureInfo.InvariantCulture));
        return point - 1 is < -4 or >= MaxPlainDigits
            ? $"{sign}{Exponent(digits, point)}"
            : $"{sign}{Plain(digits, point)}";
    }

    /// <summary>Formats a number that is the key of a mapping.</summary>
    public static string Key(double value) => Text(value) switch
    {
        "+Inf" => ".inf",
        "-Inf" => "-.inf",
        "NaN" => ".nan",
        var text => text,
    };

    /// <summary>Formats a finite number in JSON.</summary>
    public static string Json(double value)
    {
        var (sign, digits, point) = Split(value.ToString("R", CultureInfo.InvariantCulture));
        return value != 0 && Math.Abs(value) is < 1e-6 or >= 1e21
            ? $"{sign}{Exponent(digits, point).Replace("e-0", "e-", StringComparison.Ordinal)}"
            : $"{sign}{Plain(digits, point)}";
    }

    /// <summary>Splits a number into its sign, its significant digits, and the position of the point in them.</summary>
    private static (string Sign, string Digits, int Point) Split(string number)
    {
        var sign = number[0] == '-' ? "-" : "";
        var exponentAt = number.IndexOf('E', StringComparison.Ordinal);
        var mantissa = number[sign.Length..(exponentAt < 0 ? number.Length : exponentAt)];
        var exponent = exponentAt < 0 ? 0 : int.Parse(number.AsSpan(exponentAt + 1), CultureInfo.InvariantCulture);
        var pointAt = mantissa.IndexOf('.', StringComparison.Ordinal);
        var digits = mantissa.Replace(".", "", StringComparison.Ordinal);
        var significant = digits.TrimStart('0');
        var point = (pointAt < 0 ? mantissa.Length : pointAt) + exponent - (digits.Length - significant.Length);
        significant = significant.TrimEnd('0');
        return significant.Length == 0 ? (sign, "0", 1) : (sign, significant, point);
    }

    private static string Plain(string digits, int point) =>
        point <= 0 ? $"0.{new string('0', -point)}{digits}"
        : point >= digits.Length ? digits.PadRight(point, '0')
        : $"{digits[..point]}.{digits[point..]}";

    private static string Exponent(string digits, int point)
    {
        var fraction = digits.Length == 1 ? "" : $".{digits[1..]}";
        return $"{digits[0]}{fraction}e{(point > 0 ? '+' : '-')}{Math.Abs(point - 1):00}";
    }
}
