using System.Globalization;
using System.Reflection;

namespace Registry.Core.Settings;

/// <summary>A setting: a public property of an options class, and the text form of its value.</summary>
public sealed class Setting
{
    /// <summary>The suffix of properties that hold a size, whose value may have a unit.</summary>
    private const string SizeSuffix = "Bytes";

    private static readonly (string Unit, long Bytes)[] Units =
    [
        ("KiB", 1L << 10), ("MiB", 1L << 20), ("GiB", 1L << 30), ("TiB", 1L << 40),
        ("kB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000),
    ];

    private readonly PropertyInfo property;
    private readonly Func<string, object?> parse;

    private Setting(string section, PropertyInfo property)
    {
        this.property = property;
        Key = $"{section}:{property.Name}";
        var isSize = property.Name.EndsWith(SizeSuffix, StringComparison.Ordinal);
        var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        (parse, Expected) = Type.GetTypeCode(type) switch
        {
            TypeCode.String => ((Func<string, object?>)(static text => text), "text"),
            TypeCode.Boolean => (static text => bool.TryParse(text, out var value) ? value : null, "true or false"),
            TypeCode.Double =>
                (
                    static text =>
                        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
                            ? value
                            : null,
                    "a number"),
            TypeCode.Int64 when isSize =>
                (static text => ParseSize(text), "a number of bytes, or a size such as 512MiB"),
            TypeCode.Int32 when isSize =>
                (static text => ToInt32(ParseSize(text)), "a number of bytes, or a size such as 64KiB, below 2GiB"),
            TypeCode.Int64 => (static text => ParseWhole(text), "a whole number"),
            TypeCode.Int32 => (static text => ToInt32(ParseWhole(text)), $"a whole number up to {int.MaxValue}"),
            _ => throw new NotSupportedException($"Settings of type {property.PropertyType} are not supported: {Key}."),
        };
    }

    /// <summary>
    /// The configuration key, which is also the name on the command line: <c>Limits:PackageBytes</c>.
    /// </summary>
    public string Key { get; }

    /// <summary>
    /// The environment variable, as the documentation names the setting: <c>LIMITS__PACKAGEBYTES</c>.
    /// </summary>
    public string Variable => VariableOf(Key);

    /// <summary>The form of valid values, worded to follow "expected".</summary>
    public string Expected { get; }

    /// <summary>Returns the environment variable of a configuration key.</summary>
    public static string VariableOf(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return key.Replace(":", "__", StringComparison.Ordinal).ToUpperInvariant();
    }

    /// <summary>Returns the settings of a section: the properties of its options that have a public setter.</summary>
    public static IReadOnlyList<Setting> Of(string section, Type options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return
        [
            .. options.GetProperties(BindingFlags.Public | BindingFlags.Instance)
                .Where(static property => property.SetMethod is { IsPublic: true })
                .Select(property => new Setting(section, property)),
        ];
    }

    /// <summary>Whether <paramref name="text"/> is a valid value of this setting.</summary>
    public bool CanParse(string text) => parse(text) is not null;

    /// <summary>Sets the property to a value; an invalid value leaves it unchanged.</summary>
    public void Apply(object options, string text)
    {
        if (parse(text) is { } value)
            property.SetValue(options, value);
    }

    private static long? ParseSize(string text)
    {
        var trimmed = text.Trim();
        foreach (var (unit, bytes) in Units)
        {
            if (!trimmed.EndsWith(unit, StringComparison.OrdinalIgnoreCase))
                continue;
            return ParseWhole(trimmed[..^unit.Length]) is { } number && Math.Abs(number) <= long.MaxValue / bytes
                ? number * bytes
                : null;
        }

        return ParseWhole(trimmed);
    }

    private static long? ParseWhole(string text) =>
        long.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var value) && value != long.MinValue
            ? value
            : null;

    private static int? ToInt32(long? number) => number is >= int.MinValue and <= int.MaxValue ? (int)number : null;
}
