using System.Reflection;
using NJsonSchema;
using NJsonSchema.Generation;
using Registry.Api.Cnr;
using Registry.Api.Kar;

namespace Registry.Api.OpenApi;

/// <summary>
/// Completes the schemas of the responses: required members, and the format of strings.
/// </summary>
internal sealed class ExampleSchemaProcessor : ISchemaProcessor
{
    /// <summary>The members that are omitted if they have no value. All others are required.</summary>
    private static readonly HashSet<(Type, string)> Optional =
        [
            (typeof(ManifestResponse), nameof(ManifestResponse.Channels)),
            (typeof(PulledResponse), nameof(PulledResponse.MediaType)),
        ];

    private static readonly Dictionary<(Type, string), Action<JsonSchema>> Formats = new()
    {
        [(typeof(PackageSummary), nameof(PackageSummary.CreatedAt))] = Time,
        [(typeof(PackageSummary), nameof(PackageSummary.Visibility))] =
            static schema => schema.Enumeration.Add("public"),
        [(typeof(ManifestResponse), nameof(ManifestResponse.CreatedAt))] = Time,
        [(typeof(ContentResponse), nameof(ContentResponse.Digest))] = Sha256,
        [(typeof(ContentResponse), nameof(ContentResponse.Size))] = static schema => schema.Minimum = 1,
        [(typeof(PulledResponse), nameof(PulledResponse.Blob))] = static schema => schema.Format = "byte",
        [(typeof(PushedResponse), nameof(PushedResponse.Status))] = static schema => schema.Enumeration.Add("ok"),
        [(typeof(DeletedResponse), nameof(DeletedResponse.Status))] =
            static schema => schema.Enumeration.Add("deleted"),
        [(typeof(ChannelReleaseDeletedResponse), nameof(ChannelReleaseDeletedResponse.Status))] =
            static schema => schema.Enumeration.Add("deleted"),
        [(typeof(ChannelDeletedResponse), nameof(ChannelDeletedResponse.Action))] =
            static schema => schema.Enumeration.Add("delete"),
        [(typeof(UploadedArchive), nameof(UploadedArchive.AppArchiveId))] = Sha256,
        [(typeof(UploadedArchive), nameof(UploadedArchive.SelfLink))] = static schema => schema.Format = "uri",
        [(typeof(ListedArchive), nameof(ListedArchive.Generation))] = Number,
        [(typeof(ListedArchive), nameof(ListedArchive.Size))] = Number,
        [(typeof(ListedArchive), nameof(ListedArchive.TimeCreated))] = static schema => schema.Format = "date-time",
    };

    /// <inheritdoc/>
    public void Process(SchemaProcessorContext context)
    {
        var type = context.ContextualType.Type;
        if (type.Assembly != typeof(ExampleSchemaProcessor).Assembly)
            return;
        // A later version may add members.
        context.Schema.AllowAdditionalProperties = true;
        foreach (var member in type.GetProperties(BindingFlags.Instance | BindingFlags.Public))
        {
            if (!context.Schema.Properties.TryGetValue(SchemaNames.NameOf(member), out var property))
                continue;
            // NSwag wraps a reference that has a description; the referenced schema has its own.
            if (property.OneOf.SingleOrDefault() is { HasReference: true } form)
            {
                (property.Reference, property.Description) = (form.Reference, null);
                property.OneOf.Clear();
            }

            // Only the metadata may be null. It may be any JSON, and so has no type.
            property.IsNullableRaw = null;
            property.IsRequired = !Optional.Contains((type, member.Name));
            if (Formats.TryGetValue((type, member.Name), out var apply))
                apply(property);
        }
    }

    /// <summary>Sets the pattern of a time. The format is not `date-time`, because CNR's times have no zone.</summary>
    private static void Time(JsonSchema schema) => schema.Pattern = @"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}$";

    private static void Sha256(JsonSchema schema) => schema.Pattern = ParameterDescription.DigestPattern;

    private static void Number(JsonSchema schema) => schema.Pattern = "^[0-9]+$";
}
