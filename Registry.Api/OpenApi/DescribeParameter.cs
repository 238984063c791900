using System.Globalization;
using Microsoft.OpenApi;
using Registry.Api.Cnr;
using Registry.Api.Kar;
using Registry.Core.Packages;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace Registry.Api.OpenApi;

/// <summary>Fills in the values of <see cref="Sample"/>, and says what a value must look like to name anything.</summary>
internal sealed class DescribeParameter : IParameterFilter
{
    /// <summary>See <see cref="Core.Packages.PackageName"/>: each half.</summary>
    public const string NamePattern = "^[A-Za-z0-9_][A-Za-z0-9._-]{0,79}$";

    /// <summary>See <see cref="Core.Channels.ChannelName"/>.</summary>
    public const string ChannelPattern = "^[A-Za-z0-9_][A-Za-z0-9._+-]{0,79}$";

    /// <summary>See <see cref="Core.Storage.Digest"/>.</summary>
    public const string DigestPattern = "^[0-9a-f]{64}$";

    /// <inheritdoc/>
    public void Apply(IOpenApiParameter parameter, ParameterFilterContext context)
    {
        if (parameter is not OpenApiParameter { Schema: OpenApiSchema schema } described)
            return;
        (schema.Pattern, described.Example) = (described.In, described.Name) switch
        {
            (ParameterLocation.Path, "namespace") => (NamePattern, Sample.Namespace),
            (ParameterLocation.Path, "name") => (NamePattern, Sample.Name),
            (ParameterLocation.Path, "channel") => (ChannelPattern, Sample.Channel),
            (ParameterLocation.Path, "digest") => (DigestPattern, Sample.Digest),
            (ParameterLocation.Path, "id") => (DigestPattern, Sample.ArchiveId),
            (ParameterLocation.Path, "release") => (null, Sample.Release),
            (ParameterLocation.Path, "mediaType") => (null, Sample.MediaType),
            (_, "q") => (null, Sample.Name),
            _ => (schema.Pattern, described.Example),
        };
        if (described.Name == "limit")
            (schema.Type, schema.Minimum, schema.Maximum) = (JsonSchemaType.Integer, "1", ListPage.MaxLimit.ToString(CultureInfo.InvariantCulture));
        if (described.Name == "format")
            schema.Enum = Shapes.OneOf("json").Enum;
        if (described.Name == WorkspaceQuery.Name)
            schema.Default = "global";
    }
}
