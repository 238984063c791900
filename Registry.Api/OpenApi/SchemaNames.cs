using System.Reflection;
using System.Text.Json.Serialization;
using NJsonSchema.Generation;
using Registry.Api.Cnr;

namespace Registry.Api.OpenApi;

/// <summary>The names of the responses and of their members in the document.</summary>
internal sealed class SchemaNames : ISchemaNameGenerator
{
    /// <summary>Returns the name of the schema of a response.</summary>
    public string Generate(Type type) =>
        type.Name.EndsWith("Response", StringComparison.Ordinal) ? type.Name[..^"Response".Length] : type.Name;

    /// <summary>Returns the name of a member in JSON.</summary>
    public static string NameOf(MemberInfo member) =>
        member.GetCustomAttribute<JsonPropertyNameAttribute>()?.Name
        ?? CnrJsonContext.Default.Options.PropertyNamingPolicy!.ConvertName(member.Name);
}
