using System.Globalization;

namespace Registry.Core.Charts;

/// <summary>
/// Decodes values into fields as Helm does: from YAML to JSON, and from JSON into Go's types. A number or Boolean value
/// becomes text where text belongs; null leaves a field as it is; anything else of another type is rejected.
/// </summary>
internal static class GoValueDecoder
{
    /// <summary>Decodes a text.</summary>
    /// <param name="value">The value.</param>
    /// <param name="path">The field, for messages.</param>
    /// <param name="current">The text of the field so far.</param>
    /// <exception cref="ChartFormatException">The value is of another type.</exception>
    public static string Text(YamlValue value, string path, string current = "") => value switch
    {
        YamlValue.Text text => text.Value,
        YamlValue.Integer integer => integer.Value.ToString(CultureInfo.InvariantCulture),
        YamlValue.Float number => GoNumber.Text(number.Value),
        YamlValue.Boolean boolean => GoNumber.Text(boolean.Value),
        YamlValue.Null => current,
        _ => throw Mismatch(value, path, "text"),
    };

    /// <summary>Decodes a Boolean value.</summary>
    /// <param name="value">The value.</param>
    /// <param name="path">The field, for messages.</param>
    /// <param name="current">The value of the field so far.</param>
    /// <exception cref="ChartFormatException">The value is of another type.</exception>
    public static bool Boolean(YamlValue value, string path, bool current) => value switch
    {
        YamlValue.Boolean boolean => boolean.Value,
        YamlValue.Null => current,
        _ => throw Mismatch(value, path, "true or false"),
    };

    /// <summary>Decodes a list.</summary>
    /// <param name="value">The value; null is an empty list.</param>
    /// <param name="path">The field, for messages.</param>
    /// <param name="item">Decodes an item, which has its own path.</param>
    /// <exception cref="ChartFormatException">The value is of another type.</exception>
    public static IReadOnlyList<T> List<T>(YamlValue value, string path, Func<YamlValue, string, T> item) =>
        value switch
        {
            YamlValue.Sequence sequence => [.. sequence.Items.Select((each, at) => item(each, $"{path}[{at}]"))],
            YamlValue.Null => [],
            _ => throw Mismatch(value, path, "a list"),
        };

    /// <summary>Decodes a list of texts.</summary>
    /// <param name="value">The value; null is an empty list.</param>
    /// <param name="path">The field, for messages.</param>
    /// <exception cref="ChartFormatException">The value is of another type.</exception>
    public static IReadOnlyList<string> Texts(YamlValue value, string path) =>
        List(value, path, static (item, at) => Text(item, at));

    /// <summary>Returns the entries of a mapping.</summary>
    /// <param name="value">The value.</param>
    /// <param name="path">The field, for messages.</param>
    /// <exception cref="ChartFormatException">The value is of another type.</exception>
    public static IReadOnlyDictionary<string, YamlValue> Entries(YamlValue value, string path) =>
        value is YamlValue.Mapping mapping ? mapping.Entries : throw Mismatch(value, path, "a mapping");

    /// <summary>
    /// Returns the name of the field that a key stands for; null when there is none. Go's JSON decoder ignores the case
    /// of ASCII letters.
    /// </summary>
    public static string? FieldOf(string key, IReadOnlyList<string> fields) =>
        fields.FirstOrDefault(field => string.Equals(field, key, StringComparison.OrdinalIgnoreCase));

    /// <summary>Checks a value of no fixed type: Helm converts it to JSON, which has no infinite numbers.</summary>
    /// <param name="value">The value.</param>
    /// <param name="path">The field, for messages.</param>
    /// <exception cref="ChartFormatException">The value contains such a number.</exception>
    public static void RequireJson(YamlValue value, string path)
    {
        switch (value)
        {
            case YamlValue.Float { Value: var number } when !double.IsFinite(number):
                throw Mismatch(value, path, "a finite number");
            case YamlValue.Sequence sequence:
                foreach (var item in sequence.Items)
                    RequireJson(item, path);
                break;
            case YamlValue.Mapping mapping:
                foreach (var item in mapping.Entries.Values)
                    RequireJson(item, path);
                break;
        }
    }

    /// <summary>Writes a value of no fixed type, which is valid by <see cref="RequireJson"/>.</summary>
    /// <param name="json">Where to write it.</param>
    /// <param name="value">The value.</param>
    public static void WriteAny(ChartJson json, YamlValue value)
    {
        switch (value)
        {
            case YamlValue.Text text:
                json.Text(text.Value);
                break;
            case YamlValue.Integer integer:
                json.Literal(GoNumber.Json((double)integer.Value));
                break;
            case YamlValue.Float number:
                json.Literal(GoNumber.Json(number.Value));
                break;
            case YamlValue.Boolean boolean:
                json.Literal(GoNumber.Text(boolean.Value));
                break;
            case YamlValue.Null:
                json.Literal("null");
                break;
            case YamlValue.Sequence sequence:
                json.BeginArray();
                foreach (var item in sequence.Items)
                    WriteAny(json, item);
                json.EndArray();
                break;
            case YamlValue.Mapping mapping:
                json.BeginObject();
                foreach (var (key, entry) in mapping.Entries)
                {
                    json.Name(key);
                    WriteAny(json, entry);
                }

                json.EndObject();
                break;
        }
    }

    private static ChartFormatException Mismatch(YamlValue value, string path, string expected) =>
        new($"{path} is {value.Kind}; expected {expected}.");
}
