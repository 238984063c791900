using System.Net;
using NUnit.Framework;
using Registry.Core.Events;
using Registry.Tests.Support;
using Registry.Tests.Support.Telemetry;

namespace Registry.Tests.Api.Telemetry;

/// <summary>The request metrics of one service, which exclude the other services in this process.</summary>
[Parallelizable(ParallelScope.Self)]
internal sealed class RequestMetricsTests
{
    [Test]
    public async Task Requests_to_all_base_paths_of_a_protocol_are_counted_together()
    {
        await using var host = await RegistryHost.StartAsync();
        using var counts = new CurrentCounts(host.Services);
        var content = new SeededPackage(1, 1000);
        using (var pushed = await host.Client.PostAsync("/api/v1/packages/team/app", new PushContent(content, "1.0.0")))
            Assert.That(pushed.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        foreach (var mount in (string[])["/api/v1/packages", "/cnr/api/v1/packages"])
            await host.Client.GetByteArrayAsync($"{mount}/team/app/1.0.0/helm/pull");

        // The server ends a request after the client has its response.
        Assert.That(() => counts.Of("registry.http.pulls", "cnr"), Is.EqualTo(2).After(20_000, 10));
        Assert.That(counts.Of("registry.http.io", "cnr receive"), Is.GreaterThan(1000));
        Assert.That(counts.Of("registry.http.io", "cnr transmit"), Is.GreaterThan(2000));
    }

    [Test]
    public async Task A_response_that_breaks_after_its_status_is_counted_as_failed()
    {
        await using var host = await FaultyHost.StartAsync();
        using var counts = new CurrentCounts(host.Host.Services);
        const int Length = 300_000;
        using (var pushed = await host.Client.PostAsync(
            "/api/v1/packages/team/app", new PushContent(new SeededPackage(1, Length), "1.0.0")))
            Assert.That(pushed.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(counts.Of("registry.http.aborted_transfers", "cnr failed"), Is.Zero);
        host.Faults.BlobBytes = Length / 2;
        Assert.That(
            async () => await host.Client.GetByteArrayAsync("/api/v1/packages/team/app/1.0.0/helm/pull"),
            Throws.TypeOf<HttpRequestException>());
        Assert.That(
            () => counts.Of("registry.http.aborted_transfers", "cnr failed"), Is.EqualTo(1).After(20_000, 10));
        Assert.That(counts.Of("registry.http.aborted_transfers", "cnr stalled"), Is.Zero);
    }

    [Test]
    public async Task The_count_of_every_event_exists_before_the_first()
    {
        await using var host = await RegistryHost.StartAsync();
        using var counts = new CurrentCounts(host.Services);
        foreach (var action in Enum.GetValues<RegistryAction>())
            foreach (var protocol in (string[])["cnr", "oci", "helm", "kar", "tokens", "pages", "command"])
                Assert.That(counts.Of("registry.events", $"{AuditFacts.NameOf(action)} {protocol}"), Is.Zero);
        using (var pushed = await host.Client.PostAsync(
            "/api/v1/packages/team/app", new PushContent(new SeededPackage(1, 1000), "1.0.0")))
            Assert.That(pushed.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(counts.Of("registry.events", "release_pushed cnr"), Is.EqualTo(1));
    }
}
