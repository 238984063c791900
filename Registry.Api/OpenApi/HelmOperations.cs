using System.Text.Json.Nodes;
using Registry.Api.Helm;
using Registry.Core.Charts;
using Registry.Core.Content;
using Registry.Core.Errors;
using Registry.Core.Packages;
using Registry.Core.Repositories;
using Registry.Core.Versions;

namespace Registry.Api.OpenApi;

/// <summary>The notes on the operations of Helm repositories, in display order.</summary>
internal static class HelmOperations
{
    private const string OtherVersion = "9.9.9";

    private static readonly RegistryException UnknownNamespace = ChartErrors.NotFound("Repository -");

    private static readonly RegistryException UnknownChannel = ChartErrors.NotFound("Channel -");

    private static readonly RegistryException UnknownFile =
        ChartErrors.NotFound(IndexEntry.FileName(Sample.Name, Release.Parse(OtherVersion)));

    private static readonly RegistryException UnknownChart = ChartErrors.NotFound("Chart unknown");

    private static readonly RegistryException UnknownVersion =
        ChartErrors.NotFound($"Chart {Sample.Name} {OtherVersion}");

    private static readonly RegistryException UnknownSigned =
        ChartErrors.NotFound(Sample.Package, Release.Parse(OtherVersion));

    private static readonly RegistryException InvalidLimit = ChartsController.InvalidNumber("limit", "-1");

    private static readonly RegistryException EmptyForm = ChartBody.NoField();

    private static readonly RegistryException NoProvenance = ChartBody.NoProvenance();

    private static readonly RegistryException InvalidChart = ChartErrors.Invalid("The archive is not a gzip file.");

    private static readonly RegistryException InvalidProvenance =
        ChartErrors.Invalid(Provenance.TryRead("a"u8, out _, out var reason) ? throw new FormatException() : reason);

    private static readonly RegistryException Exists =
        ChartErrors.Exists(Sample.Package, Sample.Manifest.Release);

    private static readonly RegistryException ProvenanceExists =
        ChartErrors.ProvenanceExists(Sample.Package, Sample.Manifest.Release);

    private static readonly RegistryException TooLarge = ChartErrors.TooLarge(new ContentLimits().MaxPackageBytes);

    private static readonly RegistryException ProvenanceTooLarge = ChartErrors.ProvenanceTooLarge();

    private static readonly RegistryException InUse = PackageErrors.ResourceInUse(Sample.Package);

    private static readonly RegistryException OutcomeUnknown = PackageErrors.OutcomeUnknown(Sample.Package);

    public static (Type Controller, string Action, OperationNotes Notes)[] All { get; } =
    [
        Of<ChartsController>(nameof(ChartsController.PushAsync), new(
            "PushChart", EmptyForm, InvalidChart, Exists, TooLarge, InUse, OutcomeUnknown)
        {
            Body = static _ => HelmSchemas.ChartBody(),
            Example = static _ => new JsonObject { ["saved"] = true },
            Schema = static (document, _) => HelmSchemas.SavedSchema(document),
        }),
        Of<ChartsController>(nameof(ChartsController.PushProvenanceAsync), new(
            "PushProvenance",
            NoProvenance,
            InvalidProvenance,
            UnknownSigned,
            ProvenanceExists,
            ProvenanceTooLarge,
            InUse,
            OutcomeUnknown)
        {
            Body = static _ => HelmSchemas.ProvenanceBody(),
            Example = static _ => new JsonObject { ["saved"] = true },
            Schema = static (document, _) => HelmSchemas.SavedSchema(document),
        }),
        Of<RepositoryController>(nameof(RepositoryController.IndexAsync), new("GetIndex", UnknownNamespace)
        {
            Example = static _ => HelmSchemas.Index(),
            Schema = static (document, _) => HelmSchemas.IndexSchema(document),
        }),
        Of<RepositoryController>(nameof(RepositoryController.DownloadAsync), new("DownloadChart", UnknownFile)),
        Of<RepositoryController>(
            nameof(RepositoryController.ChannelIndexAsync),
            new("GetChannelIndex", UnknownNamespace, UnknownChannel)
        {
            Example = static _ => HelmSchemas.Index(),
            Schema = static (document, _) => HelmSchemas.IndexSchema(document),
        }),
        Of<RepositoryController>(
            nameof(RepositoryController.ChannelDownloadAsync),
            new("DownloadChannelChart", UnknownChannel, UnknownFile)),
        Of<ChartsController>(nameof(ChartsController.ListAsync), new("ListCharts", InvalidLimit, UnknownNamespace)
        {
            Example = static _ => HelmSchemas.Charts(),
            Schema = static (document, _) => HelmSchemas.ListSchema(document),
        }),
        Of<ChartsController>(nameof(ChartsController.ListVersionsAsync), new("ListChartVersions", UnknownChart)
        {
            Example = static _ => new JsonArray(HelmSchemas.Chart()),
            Schema = static (document, _) => HelmSchemas.VersionsSchema(document),
        }),
        Of<ChartsController>(nameof(ChartsController.ShowAsync), new("ShowChart", UnknownVersion)
        {
            Example = static _ => HelmSchemas.Chart(),
            Schema = static (document, _) => HelmSchemas.ChartSchema(document),
        }),
        Of<ChartsController>(nameof(ChartsController.DeleteAsync), new(
            "DeleteChart", UnknownVersion, InUse, OutcomeUnknown)
        {
            Example = static _ => new JsonObject { ["deleted"] = true },
            Schema = static (document, _) => HelmSchemas.DeletedSchema(document),
        }),
    ];

    private static (Type, string, OperationNotes) Of<T>(string action, OperationNotes notes) =>
        (typeof(T), action, notes);
}
