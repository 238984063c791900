using NJsonSchema;
using NSwag;
using Registry.Api.Cnr;
using Registry.Api.Kar;

namespace Registry.Api.OpenApi;

/// <summary>
/// Completes parameters with patterns and with the values of <see cref="Sample"/> as examples.
/// </summary>
internal static class ParameterDescription
{
    /// <summary>The pattern of a namespace or name: see <see cref="Core.Packages.PackageName"/>.</summary>
    public const string NamePattern = "^[A-Za-z0-9_][A-Za-z0-9._-]{0,79}$";

    /// <summary>The pattern of a channel: see <see cref="Core.Packages.ChannelName"/>.</summary>
    public const string ChannelPattern = "^[A-Za-z0-9_][A-Za-z0-9._+-]{0,79}$";

    /// <summary>The pattern of a digest: see <see cref="Core.Storage.Digest"/>.</summary>
    public const string DigestPattern = "^[0-9a-f]{64}$";

    /// <summary>Completes a parameter of an action.</summary>
    public static void Apply(OpenApiParameter parameter)
    {
        // MVC binds every argument as a string. Position and original name would be written as extensions.
        var schema = ObjectSchemas.Text();
        (parameter.Schema, parameter.Position, parameter.OriginalName) = (schema, null, null);
        (schema.Pattern, parameter.Example) = (parameter.Kind, parameter.Name) switch
        {
            (OpenApiParameterKind.Path, "namespace") => (NamePattern, Sample.Namespace),
            (OpenApiParameterKind.Path, "name") => (NamePattern, Sample.Name),
            (OpenApiParameterKind.Path, "channel") => (ChannelPattern, Sample.Channel),
            (OpenApiParameterKind.Path, "digest") => (DigestPattern, Sample.Digest),
            (OpenApiParameterKind.Path, "id") => (DigestPattern, Sample.ArchiveId),
            (OpenApiParameterKind.Path, "release") => (null, Sample.Release),
            (OpenApiParameterKind.Path, "mediaType") => (null, Sample.MediaType),
            (_, "q") => (null, Sample.Name),
            _ => (null, null as string),
        };
        if (parameter.Name == "limit")
            (schema.Type, schema.Minimum, schema.Maximum) = (JsonObjectType.Integer, 1, ListPage.MaxLimit);
        if (parameter.Name == "format")
            schema.Enumeration.Add("json");
        if (parameter.Name == WorkspaceQuery.Name)
            schema.Default = "global";
    }
}
