using System.Globalization;
using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Registry.Tests.Support.Deploy;

/// <summary>Reads YAML as JSON.</summary>
internal static class Yaml
{
    /// <summary>Reads the only document of a file.</summary>
    /// <exception cref="YamlException">The file is not YAML, or a key occurs twice.</exception>
    public static JsonObject Read(string path)
    {
        using var text = new StreamReader(path);
        var stream = new YamlStream();
        stream.Load(text);
        return stream.Documents is [{ RootNode: YamlMappingNode root }]
            ? (JsonObject)ToJson(root)!
            : throw new FormatException($"{path} must be a single document with a mapping.");
    }

    private static JsonNode? ToJson(YamlNode node) => node switch
    {
        YamlMappingNode mapping =>
            new JsonObject(
                mapping.Children.Select(
                    static child => KeyValuePair.Create(((YamlScalarNode)child.Key).Value!, ToJson(child.Value)))),
        YamlSequenceNode sequence => new JsonArray([.. sequence.Children.Select(ToJson)]),
        YamlScalarNode { Style: not ScalarStyle.Plain } quoted => JsonValue.Create(quoted.Value),
        YamlScalarNode { Value: "true" or "false" } truth => JsonValue.Create(truth.Value == "true"),
        YamlScalarNode { Value: "" or "~" or "null" } => null,
        YamlScalarNode plain when int.TryParse(
            plain.Value,
            NumberStyles.AllowLeadingSign,
            CultureInfo.InvariantCulture,
            out var number) => JsonValue.Create(number),
        YamlScalarNode plain => JsonValue.Create(plain.Value),
        _ => throw new FormatException($"{node.NodeType} has no equivalent in JSON."),
    };
}
