using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using NUnit.Framework;
using Registry.Api.Telemetry;
using Registry.Core.Maintenance;
using Registry.Tests.Support.Telemetry;

namespace Registry.Tests.Unit.Telemetry;

[Parallelizable(ParallelScope.All)]
internal sealed class CollectionMetricsTests
{
    [Test]
    public async Task Every_count_exists_before_the_first_collection()
    {
        await using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var metrics = new CollectionMetrics(services.GetRequiredService<IMeterFactory>());
        using var counts = new CurrentCounts(services);
        Assert.That(Current(), Is.EqualTo(new long?[] { 0, 0, 0, 0, 0 }));

        metrics.Record(TimeSpan.FromSeconds(1), new CollectionReport(Deleted: 2, Bytes: 30, Discarded: 4));
        metrics.RecordFailure(TimeSpan.FromSeconds(1));
        metrics.RecordFailure(TimeSpan.FromSeconds(1));
        Assert.That(Current(), Is.EqualTo(new long?[] { 1, 2, 2, 30, 4 }));

        long?[] Current() =>
        [
            counts.Of("registry.collection.runs", "ok"),
            counts.Of("registry.collection.runs", "failed"),
            counts.Of("registry.collection.blobs"),
            counts.Of("registry.collection.reclaimed"),
            counts.Of("registry.collection.uploads"),
        ];
    }
}
