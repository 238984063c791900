using NJsonSchema;
using NSwag;
using Registry.Api.Cnr;
using Registry.Api.Kar;
using static Registry.Api.OpenApi.OperationDescription;
using Kind = NSwag.OpenApiParameterKind;

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

    /// <summary>The pattern of a part of a repository name: see <see cref="Oci.RepositoryName"/>.</summary>
    public const string RepositoryPattern = @"^(?=.{1,80}$)[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*$";

    /// <summary>The pattern of a digest of OCI: see <see cref="Core.Artifacts.OciDigest"/>.</summary>
    public const string OciDigestPattern = "^sha256:[0-9a-f]{64}$";

    private const string SampleDigest = $"sha256:{Sample.ChartDigest}";

    /// <summary>Completes a parameter of an action.</summary>
    public static void Apply(OpenApiParameter parameter, OperationDescription described)
    {
        // MVC binds every argument as a string, or as several. Position and original name would be written as
        // extensions.
        var isArray = parameter.Schema?.ActualSchema.IsArray == true;
        var schema = ObjectSchemas.Text();
        parameter.Schema = isArray ? ObjectSchemas.ArrayOf(schema) : schema;
        (parameter.Position, parameter.OriginalName) = (null, null);
        (schema.Pattern, parameter.Example) = (described.Tag, parameter.Kind, parameter.Name) switch
        {
            (OciTag, Kind.Path, "namespace") => (RepositoryPattern, Sample.Namespace),
            (OciTag, Kind.Path, "name") => (RepositoryPattern, Sample.Name),
            (OciTag, Kind.Path, "reference") => (null, Sample.Release),
            (OciTag, Kind.Path, "id") => (null, Sample.UploadId),
            (OciTag, Kind.Path, "digest") => (OciDigestPattern, SampleDigest),
            (OciTag, Kind.Query, "digest" or "mount") => (OciDigestPattern, null),
            (_, Kind.Path, "namespace") => (NamePattern, Sample.Namespace),
            (_, Kind.Path, "name") => (NamePattern, Sample.Name),
            (_, Kind.Path, "channel") => (ChannelPattern, Sample.Channel),
            (_, Kind.Path, "digest") => (DigestPattern, Sample.Digest),
            (_, Kind.Path, "id") => (DigestPattern, Sample.ArchiveId),
            (_, Kind.Path, "tokenId") => (TokenOperations.IdPattern, TokenOperations.SampleId),
            (_, Kind.Path, "release" or "version") => (null, Sample.Release),
            (_, Kind.Path, "mediaType") => (null, Sample.MediaType),
            (_, Kind.Path, "file") => (null, Sample.ChartFile),
            (_, _, "q") => (null, Sample.Name),
            _ => (null, null as string),
        };
        if (described.Notes.Required.Contains(parameter.Name))
            (parameter.IsRequired, parameter.Example) = (true, SampleDigest);
        switch (described.Tag, parameter.Name)
        {
            case (HelmTag, "limit" or "offset") or (OciTag, "n"):
                (schema.Type, schema.Minimum) = (JsonObjectType.Integer, 0);
                break;
            case (_, "limit"):
                (schema.Type, schema.Minimum, schema.Maximum) = (JsonObjectType.Integer, 1, ListPage.MaxLimit);
                break;
            case (HelmTag, "force" or "unlisted"):
                (schema.Type, schema.Default) = (JsonObjectType.Boolean, false);
                break;
            case (_, "format"):
                schema.Enumeration.Add("json");
                break;
            case (_, WorkspaceQuery.Name):
                schema.Default = "global";
                break;
        }
    }

    /// <summary>
    /// Replaces the name of a repository by the two parameters of <see cref="OperationDescription.Path"/>.
    /// </summary>
    public static void SplitRepository(OpenApiOperation operation)
    {
        if (operation.Parameters.FirstOrDefault(static one => one is { Kind: Kind.Path, Name: "name" }) is not { } name)
            return;
        name.Description = "The name: the last part of the repository.";
        operation.Parameters.Insert(operation.Parameters.IndexOf(name), new OpenApiParameter
        {
            Name = "namespace",
            Kind = Kind.Path,
            IsRequired = true,
            Description = "The namespace: the first part of the repository. "
                + "`{namespace}/{name}` stands for the whole repository, which may have one part or more than two.",
        });
    }
}
