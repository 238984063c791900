using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Net.Http.Headers;
using NJsonSchema;
using NSwag;
using Registry.Api.Access;
using Registry.Api.Cnr;
using Registry.Api.Ui;
using static Registry.Api.OpenApi.CnrErrorExamples;

namespace Registry.Api.OpenApi;

/// <summary>The notes on the operations of CNR, in display order.</summary>
internal static class CnrOperations
{
    private static readonly Dictionary<string, string[]> Page = new() { ["200"] = [HeaderNames.Link] };

    private static readonly Dictionary<string, string[]> File =
        new() { ["200"] = [HeaderNames.LastModified, HeaderNames.ContentDisposition] };

    private static readonly Dictionary<string, string[]> FileAsJson = new() { ["200"] = [HeaderNames.LastModified] };

    public static (Type Controller, string Action, OperationNotes Notes)[] All { get; } =
    [
        Of<CatalogController>(nameof(CatalogController.ListAsync), new("ListPackages", InvalidLimit)
        {
            Headers = Page,
            Example = _ => Many(Summary()),
        }),
        Of<CatalogController>(nameof(CatalogController.SearchAsync), new("SearchPackages", InvalidLimit)
        {
            Headers = Page,
            Example = _ => Many(JsonValue.Create(Sample.FullName)),
        }),
        Of<PushController>(nameof(PushController.PushAsync), new(
            "PushRelease",
            MissingField,
            InvalidName,
            InvalidRelease,
            InvalidMediaType,
            InvalidBlob,
            Exists,
            InUse,
            OutcomeUnknown)
        {
            Example = _ => Json(new PushedResponse("ok"), CnrJsonContext.Default.PushedResponse),
            ClientName = "PushPackage",
            Body = PushBodySchema.Describe,
        }),
        Of<PackagesController>(nameof(PackagesController.ReleasesAsync), new("ListReleases", UnknownPackage)
        {
            Example = dialect => Many(Manifest(dialect)),
        }),
        Of<PackagesController>(nameof(PackagesController.ReleaseAsync), new("ShowRelease", UnknownRelease)
        {
            Example = dialect => Many(Manifest(dialect)),
        }),
        Of<PackagesController>(nameof(PackagesController.ShowAsync), new(
            "ShowManifest", SeveralMediaTypes, UnknownPackage, UnknownMediaType, NoMatch, InvalidQuery)
        {
            Example = dialect => Manifest(dialect, Sample.Channel),
        }),
        Of<PullController>(nameof(PullController.PullAsync), new(
            "PullPackage", SeveralMediaTypes, UnknownPackage, UnknownMediaType, NoMatch, InvalidQuery)
        {
            Headers = File,
            Example = Pulled,
        }),
        Of<PullController>(nameof(PullController.PullJsonAsync), new(
            "PullPackageAsJson", SeveralMediaTypes, UnknownPackage, UnknownMediaType, NoMatch, InvalidQuery)
        {
            Headers = FileAsJson,
            Example = Pulled,
        }),
        Of<PullController>(nameof(PullController.BlobAsync), new("GetBlob", UnknownPackage, UnknownBlob)
        {
            ClientName = "PullBlob",
            Headers = File,
            Example = Blob,
        }),
        Of<PullController>(nameof(PullController.BlobJsonAsync), new("GetBlobAsJson", UnknownPackage, UnknownBlob)
        {
            ClientName = "PullBlobAsJson",
            Headers = FileAsJson,
            Example = Blob,
        }),
        Of<ChannelsController>(nameof(ChannelsController.AddAsync), new(
            "AddChannelRelease", InvalidChannel, UnknownPackage, NoSuchRelease, InUse, InvalidQuery, OutcomeUnknown)
        {
            Example = _ => Channel(),
        }),
        Of<ChannelsController>(nameof(ChannelsController.ListAsync), new("ListChannels", UnknownPackage)
        {
            Example = _ => Many(Channel()),
        }),
        Of<ChannelsController>(nameof(ChannelsController.ShowAsync), new(
            "ShowChannel", InvalidChannel, UnknownPackage, UnknownChannel)
        {
            Example = _ => Channel(),
        }),
        Of<ChannelsController>(nameof(ChannelsController.RemoveAsync), new(
            "RemoveChannelRelease",
            InvalidChannel,
            UnknownPackage,
            UnknownRelease,
            UnknownChannel,
            InUse,
            OutcomeUnknown)
        {
            Example = _ => Json(
                new ChannelReleaseDeletedResponse(Sample.Channel, Sample.FullName, Sample.Release, "deleted"),
                CnrJsonContext.Default.ChannelReleaseDeletedResponse),
        }),
        Of<ChannelsController>(nameof(ChannelsController.DeleteAsync), new(
            "DeleteChannel", InvalidChannel, UnknownPackage, UnknownChannel, InUse, OutcomeUnknown)
        {
            Example = _ => Json(
                new ChannelDeletedResponse("delete", Sample.Channel, Sample.FullName),
                CnrJsonContext.Default.ChannelDeletedResponse),
        }),
        Of<PackagesController>(nameof(PackagesController.DeleteAsync), new(
            "DeleteRelease", UnknownManifest, InUse, OutcomeUnknown)
        {
            Example = _ => Json(
                new DeletedResponse(Sample.FullName, Sample.Release, "deleted"),
                CnrJsonContext.Default.DeletedResponse),
        }),
        Of<LoginController>(nameof(LoginController.LoginAsync), new("LogIn", MissingPassword, WrongPassword)
        {
            Example = _ => Json(
                new LoggedInResponse(Credentials.ToBasic($"reg_{TokenOperations.SampleId}_…")),
                CnrJsonContext.Default.LoggedInResponse),
            ClientName = null,
            Body = static document => new OpenApiRequestBody
            {
                Description = "The credentials.",
                IsRequired = true,
                Content =
                {
                    ["application/json"] = new OpenApiMediaType
                    {
                        Schema = LoginSchema(document),
                        Example = ObjectSchemas.Value(Login()),
                    },
                },
            },
        }),
        Of<VersionController>(nameof(VersionController.Version), new("ShowVersion")
        {
            Example = dialect => new JsonObject { [dialect.VersionKey] = dialect.Version },
            Schema = static (document, dialect) => ObjectSchemas.Define(
                document,
                dialect == Dialect.Appr ? "ApprVersion" : "ProtocolVersion",
                () => ObjectSchemas.Object(
                    "The version of the protocol.", new() { [dialect.VersionKey] = ObjectSchemas.Text() })),
            UsesStorage = false,
        }),
        Of<HomeController>(
            nameof(HomeController.ShowAsync), new("Discover") { ClientName = null, HasEntityTag = false }),
    ];

    private static (Type, string, OperationNotes) Of<T>(string action, OperationNotes notes) =>
        (typeof(T), action, notes);

    private static JsonNode? Json<T>(T value, JsonTypeInfo<T> type) => JsonSerializer.SerializeToNode(value, type);

    private static JsonSchema LoginSchema(OpenApiDocument document) => ObjectSchemas.Object("A login.", new()
    {
        ["user"] = new JsonSchemaProperty
        {
            Reference = ObjectSchemas.Define(document, "LoginUser", static () => ObjectSchemas.Object("A user.", new()
            {
                ["username"] = ObjectSchemas.Text("Any name."),
                ["password"] = ObjectSchemas.Text("A token."),
            })).Reference,
        },
    });

    private static JsonObject Login() => new()
    {
        ["user"] = new JsonObject { ["username"] = "me", ["password"] = $"reg_{TokenOperations.SampleId}_…" },
    };

    private static JsonArray Many(JsonNode? only) => [only];

    private static JsonNode? Summary() => Json(
        new PackageSummary(
            Sample.FullName, [Sample.Release], Sample.Release, Sample.CreatedAt, "public", [Sample.MediaType]),
        CnrJsonContext.Default.PackageSummary);

    private static JsonNode? Manifest(Dialect dialect, params string[]? channels) => Json(
        ManifestResponse.Of(
            Sample.Package,
            Sample.Manifest,
            metadata: null,
            new LongMediaTypes(dialect),
            channels is { Length: > 0 } ? channels : null),
        CnrJsonContext.Default.ManifestResponse);

    private static JsonNode? Channel() =>
        Json(
            new ChannelResponse(Sample.Channel, Sample.Release, [Sample.Release]),
            CnrJsonContext.Default.ChannelResponse);

    private static JsonObject Pulled(Dialect dialect)
    {
        var pulled = PulledBlob($"{Sample.Namespace}_{Sample.Name}_{Sample.Release}.tar.gz", Sample.Release);
        if (dialect.PullNamesMediaType)
            pulled["media_type"] = Sample.MediaType;
        return pulled;
    }

    private static JsonObject Blob(Dialect dialect) =>
        PulledBlob($"{Sample.Namespace}_{Sample.Name}_{Sample.Digest[..8]}.tar.gz", Sample.Digest);

    private static JsonObject PulledBlob(string filename, string release) => new()
    {
        ["blob"] = Sample.Chart,
        ["filename"] = filename,
        ["package"] = Sample.FullName,
        ["release"] = release,
    };
}
