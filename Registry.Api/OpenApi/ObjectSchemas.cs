using System.Text.Json.Nodes;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;
using NJsonSchema;
using NSwag;

namespace Registry.Api.OpenApi;

/// <summary>Creates schemas and values for the model of the document.</summary>
internal static class ObjectSchemas
{
    /// <summary>
    /// By default Newtonsoft.Json parses strings that look like dates and reformats them.
    /// </summary>
    private static readonly JsonSerializerSettings AsWritten = new() { DateParseHandling = DateParseHandling.None };

    /// <summary>Creates the schema of a file.</summary>
    public static JsonSchemaProperty Binary() => new() { Type = JsonObjectType.String, Format = "binary" };

    /// <summary>Creates the schema of an enumeration.</summary>
    public static JsonSchemaProperty OneOf(params ReadOnlySpan<string> words)
    {
        var schema = new JsonSchemaProperty { Type = JsonObjectType.String };
        foreach (var word in words)
            schema.Enumeration.Add(word);
        return schema;
    }

    /// <summary>Creates the schema of a string.</summary>
    public static JsonSchemaProperty Text(string? description = null, string? example = null) =>
        new() { Type = JsonObjectType.String, Description = description, Example = example };

    /// <summary>Creates the schema of an object.</summary>
    /// <param name="description">The description; null for none.</param>
    /// <param name="required">The required members.</param>
    /// <param name="optional">The optional members; null for none.</param>
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

    /// <summary>Returns a reference to a schema of the document. Adds the schema if it is missing.</summary>
    /// <param name="document">The document.</param>
    /// <param name="name">The name of the schema.</param>
    /// <param name="create">Creates the schema.</param>
    public static JsonSchema Define(OpenApiDocument document, string name, Func<JsonSchema> create)
    {
        if (!document.Definitions.TryGetValue(name, out var schema))
            document.Definitions[name] = schema = create();
        return new JsonSchema { Reference = schema };
    }

    /// <summary>Allows any further members, and returns the schema.</summary>
    public static JsonSchema Open(JsonSchema schema)
    {
        schema.AdditionalPropertiesSchema = JsonSchema.CreateAnySchema();
        return schema;
    }

    /// <summary>Creates the schema of an array.</summary>
    public static JsonSchemaProperty ArrayOf(JsonSchema item, string? description = null) =>
        new() { Type = JsonObjectType.Array, Item = item, Description = description };

    /// <summary>Converts the value of an example.</summary>
    public static JToken? Value(JsonNode? node) =>
        node is null ? null : JsonConvert.DeserializeObject<JToken>(node.ToJsonString(), AsWritten);
}
