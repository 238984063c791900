using System.Text.Json.Nodes;
using Microsoft.Net.Http.Headers;
using Registry.Api.Oci;
using static Registry.Api.OpenApi.OciErrorExamples;

namespace Registry.Api.OpenApi;

/// <summary>The notes on the operations of the OCI distribution API, in display order.</summary>
internal static class OciOperations
{
    public static (Type Controller, string Action, OperationNotes Notes)[] All { get; } =
    [
        Of<VersionController>(nameof(VersionController.Check), new("CheckApi")
        {
            ClientName = "CheckOciApi",
            Example = static _ => new JsonObject(),
            Schema = static (document, _) => OciSchemas.EmptySchema(document),
            Headers = Ok(OciHeaders.Version),
            HasEntityTag = false,
            UsesStorage = false,
        }),
        Of<RepositoriesController>(nameof(RepositoriesController.ListAsync), new("ListRepositories", InvalidPageSize)
        {
            Example = static _ => new JsonObject { ["repositories"] = new JsonArray(Sample.FullName) },
            Schema = static (document, _) => OciSchemas.RepositoriesSchema(document),
            Headers = Ok(HeaderNames.Link),
        }),
        Of<TagsController>(
            nameof(TagsController.ListAsync), new("ListTags", InvalidName, InvalidPageSize, UnknownRepository)
        {
            Example = static _ =>
                new JsonObject { ["name"] = Sample.FullName, ["tags"] = new JsonArray(Sample.Release) },
            Schema = static (document, _) => OciSchemas.TagsSchema(document),
            Headers = Ok(HeaderNames.Link),
        }),
        Of<ManifestsController>(nameof(ManifestsController.PullAsync), new(
            "PullManifest", InvalidName, InvalidDigest, UnknownRepository, UnknownManifest)
        {
            Example = static _ => OciSchemas.Manifest(),
            Schema = static (document, _) => OciSchemas.ManifestSchema(document),
            Headers = Ok(OciHeaders.ContentDigest),
        }),
        Of<ManifestsController>(nameof(ManifestsController.PushAsync), new(
            "PushManifest",
            InvalidName,
            InvalidTag,
            InvalidManifest,
            InvalidDigest,
            OtherDigest,
            UnknownReference,
            Immutable,
            ReservedTag,
            ManifestTooLarge,
            TooManyTags,
            InUse,
            OutcomeUnknown)
        {
            Body = OciSchemas.ManifestBody,
            Headers = new Dictionary<string, string[]>
            {
                ["201"] = [HeaderNames.Location, OciHeaders.ContentDigest, OciHeaders.Subject, OciHeaders.Tag],
            },
        }),
        Of<ManifestsController>(nameof(ManifestsController.DeleteAsync), new(
            "DeleteManifest",
            InvalidName,
            InvalidDigest,
            UnknownRepository,
            UnknownManifest,
            ReservedTag,
            InUse,
            OutcomeUnknown)),
        Of<ReferrersController>(
            nameof(ReferrersController.ListAsync), new("ListReferrers", InvalidName, InvalidDigest)
        {
            Example = static _ => OciSchemas.EmptyIndex(),
            Schema = static (document, _) => OciSchemas.ManifestSchema(document),
            Headers = Ok(HeaderNames.Link, OciHeaders.FiltersApplied),
            HasEntityTag = false,
        }),
        Of<BlobsController>(nameof(BlobsController.PullAsync), new("PullBlob", InvalidName, InvalidDigest, UnknownBlob)
        {
            ClientName = "PullOciBlob",
            Headers = Ok(OciHeaders.ContentDigest),
        }),
        Of<BlobsController>(
            nameof(BlobsController.DeleteAsync),
            new("DeleteBlob", InvalidName, InvalidDigest, UnknownBlob, BlobInUse)
            {
                ClientName = "DeleteOciBlob",
            }),
        Of<UploadsController>(nameof(UploadsController.BeginAsync), new(
            "BeginUpload", InvalidName, InvalidDigest, OtherDigest, BlobTooLarge, TooManyUploads)
        {
            Body = static _ => OciSchemas.BlobBody("With `digest`, the blob; otherwise nothing."),
            Headers = new Dictionary<string, string[]> { ["201"] = Stored, ["202"] = Staged },
        }),
        Of<UploadsController>(nameof(UploadsController.AppendAsync), new(
            "AppendToUpload",
            InvalidName,
            InvalidContentRange,
            OtherLength,
            UnknownUpload,
            BlobTooLarge,
            OutOfOrder)
        {
            Body = static _ => OciSchemas.BlobBody(
                "The next bytes. A `Content-Range` header of the form `FIRST-LAST` states their place in the blob."),
            Headers = new Dictionary<string, string[]> { ["202"] = Staged },
        }),
        Of<UploadsController>(nameof(UploadsController.CompleteAsync), new(
            "CompleteUpload",
            InvalidName,
            InvalidDigest,
            OtherDigest,
            InvalidContentRange,
            OtherLength,
            UnknownUpload,
            BlobTooLarge,
            OutOfOrder)
        {
            Required = ["digest"],
            Body = static _ => OciSchemas.BlobBody("The last bytes, or nothing."),
            Headers = new Dictionary<string, string[]> { ["201"] = Stored },
        }),
        Of<UploadsController>(nameof(UploadsController.ShowAsync), new("ShowUpload", InvalidName, UnknownUpload)
        {
            Headers = new Dictionary<string, string[]> { ["204"] = Staged },
            HasEntityTag = false,
        }),
        Of<UploadsController>(
            nameof(UploadsController.CancelAsync), new("CancelUpload", InvalidName, UnknownUpload)),
    ];

    private static string[] Stored => [HeaderNames.Location, OciHeaders.ContentDigest];

    private static string[] Staged => [HeaderNames.Location, HeaderNames.Range, OciHeaders.UploadId];

    private static Dictionary<string, string[]> Ok(params string[] headers) => new() { ["200"] = headers };

    private static (Type, string, OperationNotes) Of<T>(string action, OperationNotes notes) =>
        (typeof(T), action, notes);
}
