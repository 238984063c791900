using System.Globalization;
using System.Reflection;

namespace Registry.Core.Settings;

/// <summary>One setting: a public property of an options class, and how its value is written.</summary>
public sealed class Setting
{
    /// <summary>The end of the names of properties that hold a size, which may be written with a unit.</summary>
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
        (
            parse,
            Expected) = Type.GetTypeCode(
                Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType) switch
        {
            TypeCode.String => ((Func<string, object?>)(static text => text), "a text"),
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

    /// <summary>Its place in the configuration, and its name on the command line: <c>Limits:PackageBytes</c>.</summary>
    public string Key { get; }

    /// <summary>Its name in the environment and in the documentation: <c>LIMITS__PACKAGEBYTES</c>.</summary>
    public string Variable => VariableOf(Key);

    /// <summary>What a value must look like, to follow the word "expected".</summary>
    public string Expected { get; }

    /// <summary>The name in the environment of a place in the configuration.</summary>
    public static string VariableOf(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return key.Replace(":", "__", StringComparison.Ordinal).ToUpperInvariant();
    }

    /// <summary>The settings of a section: the properties of its options that can be set by everyone.</summary>
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

    /// <summary>Whether a text is a value of this setting.</summary>
    public bool CanRead(string text) => parse(text) is not null;

    /// <summary>Puts a value into the options; one that cannot be read leaves them as they are.</summary>
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
