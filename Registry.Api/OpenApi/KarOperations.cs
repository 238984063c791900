using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Net.Http.Headers;
using NJsonSchema;
using NSwag;
using Registry.Api.Health;
using Registry.Api.Kar;
using Registry.Core.Archives;
using Registry.Core.Errors;

namespace Registry.Api.OpenApi;

/// <summary>The notes on the operations of KAR, in display order.</summary>
internal static class KarOperations
{
    private static readonly Workspace Global = Workspace.TryDerive(null, out var workspace)
        ? workspace
        : throw new FormatException("No workspace.");

    private static readonly RegistryException UnknownArchive = AppArchiveRegistry.NotFound(Global, Sample.ArchiveId);

    private static readonly RegistryException InvalidWorkspace =
        new(ErrorCode.InvalidUsage, "The workspace is a malformed URL, or too long.", ("field", WorkspaceQuery.Name));

    private static readonly RegistryException EmptyBody =
        new(ErrorCode.InvalidUsage, "The request has no body: an archive has at least one byte.");

    public static (Type Controller, string Action, OperationNotes Notes)[] All { get; } =
    [
        (typeof(StatusController), nameof(StatusController.ShowAsync), new("ShowStatus")
        {
            Example = _ => Status("ok"),
            Schema = static (document, _) => ObjectSchemas.Define(document, "RegistryStatus", StatusSchema),
        }),
        (
            typeof(AppArchivesController),
            nameof(AppArchivesController.UploadAsync),
            new("UploadArchive", EmptyBody, InvalidWorkspace)
        {
            Example = _ => JsonSerializer.SerializeToNode(
                new UploadedArchive(Sample.ArchiveId, $"http://localhost:5000/api/v1/app/{Sample.ArchiveId}"),
                KarJson.Default.UploadedArchive),
            Body = static _ => new OpenApiRequestBody
            {
                Description = "The archive: at least one byte, with any Content-Type.",
                IsRequired = true,
                Content = { ["application/octet-stream"] = new OpenApiMediaType { Schema = ObjectSchemas.Binary() } },
            },
        }),
        (typeof(AppArchivesController), nameof(AppArchivesController.List), new("ListArchives", InvalidWorkspace)
        {
            Example = _ => new JsonArray(Listed()),
        }),
        (
            typeof(AppArchivesController),
            nameof(AppArchivesController.DownloadAsync),
            new("DownloadArchive", InvalidWorkspace, UnknownArchive)
            {
                Headers = new Dictionary<string, string[]> { ["200"] = [HeaderNames.LastModified] },
            }),
        (
            typeof(AppArchivesController),
            nameof(AppArchivesController.DeleteAsync),
            new("DeleteArchive", InvalidWorkspace, UnknownArchive)),
    ];

    /// <summary>Returns the response of <c>GET /api/v1</c> on the default storage.</summary>
    public static JsonObject Status(string status) => new()
    {
        ["kind"] = "registry#status",
        ["status"] = status,
        ["storage"] = "filesystem",
        ["version"] = ProductVersion.Text,
    };

    private static JsonSchema StatusSchema()
    {
        var schema = ObjectSchemas.Object("The status of the registry.", new()
        {
            ["kind"] = ObjectSchemas.OneOf("registry#status"),
            ["status"] = ObjectSchemas.OneOf("ok", "unavailable"),
            ["storage"] = ObjectSchemas.Text("The storage in use."),
            ["version"] = ObjectSchemas.Text("The version of the registry."),
        });
        schema.AdditionalPropertiesSchema =
            ObjectSchemas.Text("Further properties of the storage, such as the bucket.");
        return schema;
    }

    private static JsonNode? Listed() => JsonSerializer.SerializeToNode(
        ListedArchive.Of(new AppArchive(
            Global, Core.Storage.Digest.Parse(Sample.ArchiveId), Sample.ArchiveSize, Sample.Manifest.CreatedAt)),
        KarJson.Default.ListedArchive);
}
