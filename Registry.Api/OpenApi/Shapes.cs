using System.Text.Json.Nodes;
using Microsoft.OpenApi;

namespace Registry.Api.OpenApi;

/// <summary>Schemas that no type of ours has.</summary>
internal static class Shapes
{
    /// <summary>A file.</summary>
    public static OpenApiSchema Binary() => new() { Type = JsonSchemaType.String, Format = "binary" };

    /// <summary>One of a few words.</summary>
    public static OpenApiSchema OneOf(params string[] words) =>
        new() { Type = JsonSchemaType.String, Enum = [.. words.Select(word => (JsonNode)JsonValue.Create(word))] };

    /// <summary>Text.</summary>
    public static OpenApiSchema Text(string description, string? example = null) =>
        new() { Type = JsonSchemaType.String, Description = description, Examples = example is null ? null : [example] };
}
