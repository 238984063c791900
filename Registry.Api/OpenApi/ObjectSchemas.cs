using System.Text.Json.Nodes;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;
using NJsonSchema;

namespace Registry.Api.OpenApi;

/// <summary>Schemas that no type of ours has, and JSON as the document's model takes it.</summary>
internal static class ObjectSchemas
{
    /// <summary>
    /// By default Newtonsoft.Json parses strings that look like dates, and writes them in another format.
    /// </summary>
    private static readonly JsonSerializerSettings AsWritten = new() { DateParseHandling = DateParseHandling.None };

    /// <summary>A file.</summary>
    public static JsonSchemaProperty Binary() => new() { Type = JsonObjectType.String, Format = "binary" };

    /// <summary>One of a few words.</summary>
    public static JsonSchemaProperty OneOf(params ReadOnlySpan<string> words)
    {
        var schema = new JsonSchemaProperty { Type = JsonObjectType.String };
        foreach (var word in words)
            schema.Enumeration.Add(word);
        return schema;
    }

    /// <summary>Text.</summary>
    public static JsonSchemaProperty Text(string? description = null, string? example = null) =>
        new() { Type = JsonObjectType.String, Description = description, Example = example };

    /// <summary>An object.</summary>
    /// <param name="description">What it is; null for no description.</param>
    /// <param name="required">The members that are always there.</param>
    /// <param name="optional">The members that may be missing; null for none.</param>
    public static JsonSchema Object(
        string? description,
        Dictionary<string, JsonSchemaProperty> required,
        Dictionary<string, JsonSchemaProperty>? optional = null)
    {
        var schema = new JsonSchema { Type = JsonObjectType.Object, Description = description };
        foreach (var (name, property) in required.Concat(optional ?? []))
            schema.Properties.Add(name, property);
        foreach (var name in required.Keys)
            schema.RequiredProperties.Add(name);
        return schema;
    }

    /// <summary>A value for an example.</summary>
    public static JToken? Value(JsonNode? node) =>
        node is null ? null : JsonConvert.DeserializeObject<JToken>(node.ToJsonString(), AsWritten);
}
