using System.Reflection;
using Microsoft.OpenApi;
using Registry.Api.Cnr;
using Registry.Api.Kar;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace Registry.Api.OpenApi;

/// <summary>Says of the wire forms what their types cannot: which members are always there, and how their texts look.</summary>
internal sealed class DescribeSchema : ISchemaFilter
{
    /// <summary>Members that are left out where they have no value. All others are always there.</summary>
    private static readonly HashSet<(Type?, string)> Optional =
        [(typeof(ManifestForm), nameof(ManifestForm.Channels)), (typeof(PulledForm), nameof(PulledForm.MediaType))];

    private static readonly Dictionary<(Type?, string), Action<OpenApiSchema>> Texts = new()
    {
        [(typeof(PackageSummary), nameof(PackageSummary.CreatedAt))] = Time,
        [(typeof(PackageSummary), nameof(PackageSummary.Visibility))] = schema => schema.Enum = Shapes.OneOf("public").Enum,
        [(typeof(ManifestForm), nameof(ManifestForm.CreatedAt))] = Time,
        [(typeof(ContentForm), nameof(ContentForm.Digest))] = Sha256,
        [(typeof(ContentForm), nameof(ContentForm.Size))] = schema => schema.Minimum = "1",
        [(typeof(PulledForm), nameof(PulledForm.Blob))] = schema => schema.Format = "byte",
        [(typeof(PushedForm), nameof(PushedForm.Status))] = schema => schema.Enum = Shapes.OneOf("ok").Enum,
        [(typeof(DeletedForm), nameof(DeletedForm.Status))] = schema => schema.Enum = Shapes.OneOf("deleted").Enum,
        [(typeof(ChannelReleaseDeletedForm), nameof(ChannelReleaseDeletedForm.Status))] = schema => schema.Enum = Shapes.OneOf("deleted").Enum,
        [(typeof(ChannelDeletedForm), nameof(ChannelDeletedForm.Action))] = schema => schema.Enum = Shapes.OneOf("delete").Enum,
        [(typeof(UploadedArchive), nameof(UploadedArchive.AppArchiveId))] = Sha256,
        [(typeof(UploadedArchive), nameof(UploadedArchive.SelfLink))] = schema => schema.Format = "uri",
        [(typeof(ListedArchive), nameof(ListedArchive.Generation))] = Number,
        [(typeof(ListedArchive), nameof(ListedArchive.Size))] = Number,
        [(typeof(ListedArchive), nameof(ListedArchive.TimeCreated))] = schema => schema.Format = "date-time",
    };

    /// <summary>The name of a wire form's schema.</summary>
    public static string NameOf(Type type) => type.Name.EndsWith("Form", StringComparison.Ordinal) ? type.Name[..^"Form".Length] : type.Name;

    /// <inheritdoc/>
    public void Apply(IOpenApiSchema schema, SchemaFilterContext context)
    {
        if (schema is not OpenApiSchema own)
            return;
        if (context.MemberInfo is { } member)
        {
            // No member is ever null but the metadata, which may be anything and so has no type.
            own.Type &= ~JsonSchemaType.Null;
            if (Texts.TryGetValue((member.DeclaringType, member.Name), out var describe))
                describe(own);
        }
        else if (own.Properties is { Count: > 0 } properties && context.Type.Assembly == typeof(DescribeSchema).Assembly)
        {
            var optional = context.Type.GetProperties().Where(IsOptional).Select(property => WireName(property.Name));
            own.Required = new HashSet<string>(properties.Keys.Except(optional));
            // A later version may say more.
            own.AdditionalPropertiesAllowed = true;
        }
    }

    private static bool IsOptional(MemberInfo member) => Optional.Contains((member.DeclaringType, member.Name));

    private static string WireName(string name) => CnrJsonContext.Default.Options.PropertyNamingPolicy!.ConvertName(name);

    /// <summary>No `date-time`: CNR's times have no zone.</summary>
    private static void Time(OpenApiSchema schema) => schema.Pattern = @"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}$";

    private static void Sha256(OpenApiSchema schema) => schema.Pattern = DescribeParameter.DigestPattern;

    private static void Number(OpenApiSchema schema) => schema.Pattern = "^[0-9]+$";
}
