using System.Reflection;
using System.Text.Json.Serialization;
using NJsonSchema.Generation;
using Registry.Api.Cnr;

namespace Registry.Api.OpenApi;

/// <summary>The names of the wire forms and of their members.</summary>
internal sealed class WireForms : ISchemaNameGenerator
{
    /// <summary>Returns the name of the schema of a wire form.</summary>
    public string Generate(Type type) =>
        type.Name.EndsWith("Form", StringComparison.Ordinal) ? type.Name[..^"Form".Length] : type.Name;

    /// <summary>Returns the name of a member in JSON.</summary>
    public static string NameOf(MemberInfo member) =>
        member.GetCustomAttribute<JsonPropertyNameAttribute>()?.Name
        ?? CnrJsonContext.Default.Options.PropertyNamingPolicy!.ConvertName(member.Name);
}
