using System.Diagnostics.Metrics;
using Registry.Api.Health;
using Registry.Api.Helm;
using Registry.Api.Http.Errors;
using Registry.Core.Catalog;
using Registry.Core.Documents;
using Registry.Core.Packages;
using Registry.Core.Repositories;
using Registry.Core.Telemetry;
using Registry.Core.Transfers;

namespace Registry.Api.Telemetry;

/// <summary>
/// The metrics that are read from the state of the service. They cost nothing except when metrics are collected.
/// </summary>
internal sealed class StateMetrics
{
    /// <summary>The name of the meter.</summary>
    public const string MeterName = "Registry.State";

    private readonly (string Name, Func<CacheUsage> Usage)[] caches;

    public StateMetrics(
        IMeterFactory meters,
        PackageCatalog catalog,
        StorageReadiness readiness,
        PackageIndexes indexes,
        PackageContents contents,
        ManifestContents manifests,
        ChartIndexes charts,
        ChartBodies bodies,
        TransferBudget transfers,
        StagedUploads uploads,
        StorageRetries retries,
        RepositoryOptions repositories,
        FaultLog faults)
    {
        caches =
        [
            ("index", () => indexes.CacheUsage),
            ("metadata", () => indexes.MetadataUsage),
            ("content", () => contents.Usage),
            ("manifest", () => manifests.ParsedUsage),
            ("reference", () => manifests.ReferencesUsage),
            ("chart", () => charts.Usage),
            ("chart_list", () => bodies.Usage),
        ];
        var meter = meters.Create(MeterName);
        meter.CreateObservableGauge(
            "registry.catalog.packages", () => Known(catalog.Count), "{package}", "Packages in the catalog.");
        meter.CreateObservableGauge(
            "registry.catalog.releases", () => Known(catalog.Releases), "{release}", "Releases in the catalog.");
        meter.CreateObservableGauge(
            "registry.ready",
            () => Known(ReadyOf(readiness, catalog)),
            "{registry}",
            "Whether the last readiness check succeeded: 1 or 0.");
        meter.CreateObservableGauge(
            "registry.catalog.age",
            () => Known(catalog.Age?.TotalSeconds),
            "s",
            "Time since the catalog last asked the storage for changes.");
        meter.CreateObservableCounter(
            "registry.cache.requests",
            () => caches.SelectMany(static cache => RequestsOf(cache.Name, cache.Usage())),
            "{request}",
            "Requests to the caches.");
        meter.CreateObservableGauge(
            "registry.cache.usage", () => Sizes(static usage => usage.HeldBytes), "By", "Memory of the caches.");
        meter.CreateObservableGauge(
            "registry.cache.limit",
            () => Sizes(static usage => usage.MaxBytes),
            "By",
            "The maximum memory that each cache may use.");
        meter.CreateObservableCounter(
            "registry.storage.retries",
            () => retries.Count,
            "{retry}",
            "Attempts that the client of the storage repeated within an operation.");
        meter.CreateObservableCounter(
            "registry.updates.repeated",
            () => RepetitionsOf(indexes.Counts),
            "{write}",
            "Writes of package indexes that did not succeed at once.");
        meter.CreateObservableCounter(
            "registry.updates.unknown",
            () => indexes.Counts.Unknown,
            "{change}",
            "Changes of packages whose outcome stayed unknown.");
        meter.CreateObservableCounter(
            "registry.documents.unreadable",
            () => indexes.Counts.Unreadable,
            "{read}",
            "Reads of package indexes that are damaged, too large, or of a later version.");
        meter.CreateObservableCounter(
            "registry.contents.unreadable",
            () => faults.Unreadable,
            "{read}",
            "Reads that failed because stored data is missing or damaged.");
        meter.CreateObservableGauge(
            "registry.transfers.active", () => transfers.Transfers, "{transfer}", "Uploads and downloads in progress.");
        meter.CreateObservableGauge(
            "registry.transfers.usage", () => transfers.Reserved, "By", "Memory that transfers have reserved.");
        meter.CreateObservableGauge(
            "registry.transfers.limit", () => transfers.Limit, "By", "The maximum memory that transfers may reserve.");
        meter.CreateObservableGauge(
            "registry.uploads.staged", () => Known(uploads.Count), "{upload}", "Staged uploads of all replicas.");
        meter.CreateObservableGauge(
            "registry.uploads.limit",
            () => repositories.MaxUploads,
            "{upload}",
            "The maximum number of staged uploads of all replicas.");
    }

    /// <summary>Returns a value once it is known.</summary>
    private static IEnumerable<Measurement<T>> Known<T>(T? value)
        where T : struct => value is { } known ? [new Measurement<T>(known)] : [];

    private static int? ReadyOf(StorageReadiness readiness, PackageCatalog catalog) =>
        readiness.LastCheckSucceeded is not { } succeeded ? null
        : succeeded && catalog.IsLoaded ? 1
        : 0;

    private static IEnumerable<Measurement<long>> RequestsOf(string cache, CacheUsage usage) =>
    [
        new(usage.Hits, new("cache", cache), new("outcome", "hit")),
        new(usage.Misses, new("cache", cache), new("outcome", "miss")),
    ];

    private static IEnumerable<Measurement<long>> RepetitionsOf(DocumentCounts counts) =>
    [
        new(counts.Conflicts, new KeyValuePair<string, object?>("reason", "conflict")),
        new(counts.Throttled, new KeyValuePair<string, object?>("reason", "throttled")),
        new(counts.Refused, new KeyValuePair<string, object?>("reason", "refused")),
        new(counts.NoResponse, new KeyValuePair<string, object?>("reason", "no_response")),
    ];

    private IEnumerable<Measurement<long>> Sizes(Func<CacheUsage, long> size) =>
        caches.Select(cache => new Measurement<long>(
            size(cache.Usage()), new KeyValuePair<string, object?>("cache", cache.Name)));
}
