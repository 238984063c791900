using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Microsoft.OpenApi;
using Registry.Api.Cnr;
using Registry.Api.Pages;
using static Registry.Api.OpenApi.CnrRefusals;

namespace Registry.Api.OpenApi;

/// <summary>The notes on CNR's operations, in the order in which they are shown at each root.</summary>
internal static class CnrOperations
{
    public static (Type Controller, string Action, OperationNotes Notes)[] All { get; } =
    [
        Of<CatalogController>(nameof(CatalogController.ListAsync), new("ListPackages") { Answer = _ => Many(Summary()) }),
        Of<CatalogController>(nameof(CatalogController.SearchAsync), new("SearchPackages") { Answer = _ => Many(JsonValue.Create(Samples.FullName)) }),
        Of<PushController>(nameof(PushController.PushAsync), new(
            "PushRelease", MissingField, BadName, BadRelease, BadMediaType, BadBlob, Exists, InUse, Unknown)
        {
            Answer = _ => Json(new PushedForm("ok"), CnrJsonContext.Default.PushedForm),
            Body = PushBody.Describe,
        }),
        Of<PackagesController>(nameof(PackagesController.ReleasesAsync), new("ListReleases", UnknownPackage) { Answer = dialect => Many(Manifest(dialect)) }),
        Of<PackagesController>(nameof(PackagesController.ReleaseAsync), new("ShowRelease", UnknownRelease) { Answer = dialect => Many(Manifest(dialect)) }),
        Of<PackagesController>(nameof(PackagesController.ShowAsync), new("ShowManifest", SeveralMediaTypes, UnknownPackage, UnknownMediaType, NoMatch, BadQuery)
        {
            Answer = dialect => Manifest(dialect, Samples.Channel),
        }),
        Of<PullController>(nameof(PullController.PullAsync), new("PullPackage", SeveralMediaTypes, UnknownPackage, UnknownMediaType, NoMatch, BadQuery)
        {
            Answer = Pulled,
        }),
        Of<PullController>(nameof(PullController.PullJsonAsync), new("PullPackageAsJson", SeveralMediaTypes, UnknownPackage, UnknownMediaType, NoMatch, BadQuery)
        {
            Answer = Pulled,
        }),
        Of<PullController>(nameof(PullController.BlobAsync), new("GetBlob", UnknownPackage, UnknownBlob) { Answer = Blob }),
        Of<PullController>(nameof(PullController.BlobJsonAsync), new("GetBlobAsJson", UnknownPackage, UnknownBlob) { Answer = Blob }),
        Of<ChannelsController>(nameof(ChannelsController.AddAsync), new(
            "AddChannelRelease", BadChannel, UnknownPackage, NoSuchRelease, InUse, BadQuery, Unknown) { Answer = _ => Channel() }),
        Of<ChannelsController>(nameof(ChannelsController.ListAsync), new("ListChannels", UnknownPackage) { Answer = _ => Many(Channel()) }),
        Of<ChannelsController>(nameof(ChannelsController.ShowAsync), new("ShowChannel", BadChannel, UnknownPackage, UnknownChannel) { Answer = _ => Channel() }),
        Of<ChannelsController>(nameof(ChannelsController.RemoveAsync), new(
            "RemoveChannelRelease", BadChannel, UnknownPackage, UnknownRelease, UnknownChannel, InUse, Unknown)
        {
            Answer = _ => Json(
                new ChannelReleaseDeletedForm(Samples.Channel, Samples.FullName, Samples.Release, "deleted"), CnrJsonContext.Default.ChannelReleaseDeletedForm),
        }),
        Of<ChannelsController>(nameof(ChannelsController.DeleteAsync), new("DeleteChannel", BadChannel, UnknownPackage, UnknownChannel, InUse, Unknown)
        {
            Answer = _ => Json(new ChannelDeletedForm("delete", Samples.Channel, Samples.FullName), CnrJsonContext.Default.ChannelDeletedForm),
        }),
        Of<PackagesController>(nameof(PackagesController.DeleteAsync), new("DeleteRelease", UnknownManifest, InUse, Unknown)
        {
            Answer = _ => Json(new DeletedForm(Samples.FullName, Samples.Release, "deleted"), CnrJsonContext.Default.DeletedForm),
        }),
        Of<VersionController>(nameof(VersionController.Version), new("ShowVersion")
        {
            Answer = dialect => new JsonObject { [dialect.VersionKey] = dialect.Version },
            Shape = dialect => new OpenApiSchema
            {
                Type = JsonSchemaType.Object,
                Required = new HashSet<string> { dialect.VersionKey },
                Properties = new Dictionary<string, IOpenApiSchema> { [dialect.VersionKey] = new OpenApiSchema { Type = JsonSchemaType.String } },
            },
            Stored = false,
        }),
        Of<HomeController>(nameof(HomeController.ShowAsync), new("Discover") { Tagged = false }),
    ];

    private static (Type, string, OperationNotes) Of<T>(string action, OperationNotes notes) => (typeof(T), action, notes);

    private static JsonNode? Json<T>(T value, JsonTypeInfo<T> type) => JsonSerializer.SerializeToNode(value, type);

    private static JsonArray Many(JsonNode? only) => [only];

    private static JsonNode? Summary() => Json(
        new PackageSummary(Samples.FullName, [Samples.Release], Samples.Release, Samples.CreatedAt, "public", [Samples.MediaType]),
        CnrJsonContext.Default.PackageSummary);

    private static JsonNode? Manifest(Dialect dialect, params string[]? channels) => Json(
        ManifestForm.Of(Samples.Package, Samples.Manifest, dialect, channels is { Length: > 0 } ? channels : null), CnrJsonContext.Default.ManifestForm);

    private static JsonNode? Channel() =>
        Json(new ChannelForm(Samples.Channel, Samples.Release, [Samples.Release]), CnrJsonContext.Default.ChannelForm);

    private static JsonObject Pulled(Dialect dialect)
    {
        var pulled = PulledBlob($"{Samples.Namespace}_{Samples.Name}_{Samples.Release}.tar.gz", Samples.Release);
        if (dialect.PullNamesMediaType)
            pulled["media_type"] = Samples.MediaType;
        return pulled;
    }

    private static JsonObject Blob(Dialect dialect) => PulledBlob($"{Samples.Namespace}_{Samples.Name}_{Samples.Digest[..8]}.tar.gz", Samples.Digest);

    private static JsonObject PulledBlob(string filename, string release) =>
        new() { ["blob"] = Samples.Chart, ["filename"] = filename, ["package"] = Samples.FullName, ["release"] = release };
}
