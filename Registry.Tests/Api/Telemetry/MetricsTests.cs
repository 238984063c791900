using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using NUnit.Framework;
using Registry.Tests.Support;
using Registry.Tests.Support.Deploy;
using Registry.Tests.Support.Servers;
using Registry.Tests.Support.Telemetry;

namespace Registry.Tests.Api.Telemetry;

/// <summary>
/// The metrics of a registry that was used in every way, compared with their documentation, the dashboard and the
/// alerts. Not parallel: the metrics are those of all registries in this process.
/// </summary>
[NonParallelizable]
public sealed partial class MetricsTests : IAsyncDisposable
{
    /// <summary>Whether a target could be scraped: a series of Prometheus itself.</summary>
    private const string Up = "up";

    /// <summary>The labels that Prometheus adds to each series.</summary>
    private static readonly string[] TargetLabels = ["instance", "job"];

    private readonly CancellationToken cancellationToken = new CancellationTokenSource(TimeSpan.FromMinutes(2)).Token;
    private readonly int port = ServerProcess.FreePort();
    private GuardedRegistry registry = null!;
    private HttpClient metrics = null!;
    private Scrape scrape = null!;

    private static string Page { get; } =
        File.ReadAllText(Path.Combine(RegistryProcess.Root, "Documentation", "metrics.md"));

    private static string Folder { get; } = Path.Combine(RegistryProcess.Root, "deploy", "monitoring");

    private static IEnumerable<string> Alerts =>
        Yaml.Read(Path.Combine(Folder, "alerts.yaml"))["groups"]!.AsArray()
            .SelectMany(static group => group!["rules"]!.AsArray())
            .Select(static rule => $"{rule!["alert"]}");

    [OneTimeSetUp]
    public async Task Use()
    {
        registry = await GuardedRegistry.StartAsync(
            anonymous: null,
            $"--Telemetry:Port={port}", "--Telemetry:Address=127.0.0.1", "--Collection:PeriodSeconds=0.2",
            "--Transfers:StallSeconds=0.5");
        metrics = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        var stalled = StallAsync();
        await registry.PushAsync(
            "team/app", "1.0.0", await new SeededPackage(1, 1000).ToArrayAsync(cancellationToken));
        await registry.GetAsync("/api/v1/packages/team/app/1.0.0/helm/pull", secret: null);
        await registry.GetAsync("/api/v1/packages", secret: null);
        await registry.GetAsync("/api/v1/packages", secret: "wrong");
        await registry.GetAsync("/readyz", secret: null);
        await stalled;
        string text;
        do
        {
            await Task.Delay(100, cancellationToken);
            text = await metrics.GetStringAsync("/metrics", cancellationToken);
        }
        while (!text.Contains("registry_collection_duration_seconds_count", StringComparison.Ordinal)
            || !text.Contains("registry_uploads_staged{", StringComparison.Ordinal));
        scrape = Scrape.Parse(text);
    }

    public async ValueTask DisposeAsync()
    {
        metrics.Dispose();
        await registry.DisposeAsync();
    }

    [Test]
    public void Every_metric_is_documented_and_every_documented_one_is_emitted()
    {
        var documented = Row().Matches(Page).ToDictionary(
            static row => row.Groups["name"].Value, static row => (
                Kind: row.Groups["kind"].Value,
                Labels: Code().Matches(row.Groups["tags"].Value)
                    .Select(static tag => tag.Groups["text"].Value.Replace('.', '_')).ToList()));
        Assert.That(
            scrape.Names.Where(static name => name != "target_info" && !IsOfFramework(name)),
            Is.EquivalentTo(documented.Keys));
        foreach (var (name, (kind, labels)) in documented)
        {
            Assert.That(scrape.KindOf(name), Is.EqualTo(kind), name);
            Assert.That(
                labels,
                name.StartsWith("registry_", StringComparison.Ordinal)
                    ? Is.EquivalentTo(scrape.LabelsOf(name))
                    : Is.SupersetOf(scrape.LabelsOf(name)),
                name);
        }
    }

    [Test]
    public void The_dashboard_names_only_metrics_labels_and_values_that_exist()
    {
        var dashboard = JsonNode.Parse(File.ReadAllText(Path.Combine(Folder, "dashboard.json")))!;
        var queries = dashboard["panels"]!.AsArray()
            .SelectMany(static panel => panel!["targets"]?.AsArray() ?? [])
            .Select(static target => (
                Query: PromQuery.Parse($"{target!["expr"]}"), Legend: $"{target["legendFormat"]}"))
            .ToList();
        Assert.That(queries, Has.Count.GreaterThan(20));
        foreach (var (query, legend) in queries)
        {
            AssertExists(query);
            foreach (Match label in LegendLabel().Matches(legend))
                Assert.That(
                    query.GroupLabels.Contains(label.Groups["name"].Value)
                        || TargetLabels.Contains(label.Groups["name"].Value),
                    legend);
        }

        var variable = dashboard["templating"]!["list"]!.AsArray().Single(static one => $"{one!["type"]}" == "query")!;
        Assert.That(scrape.Names, Does.Contain($"{variable["definition"]}".Split('(', ',')[1]));
    }

    [Test]
    public void The_alerts_name_only_metrics_labels_and_values_that_exist()
    {
        var rules = Yaml.Read(Path.Combine(Folder, "alerts.yaml"))["groups"]!.AsArray()
            .SelectMany(static group => group!["rules"]!.AsArray()).ToList();
        foreach (var rule in rules)
        {
            var query = PromQuery.Parse($"{rule!["expr"]}");
            AssertExists(query);
            foreach (Match label in AlertLabel().Matches($"{rule["annotations"]!["summary"]}"))
                Assert.That(query.GroupLabels, Does.Contain(label.Groups["name"].Value), $"{rule["alert"]}");
        }
    }

    [Test]
    public void The_alerts_find_the_targets_of_the_PodMonitor()
    {
        var monitor = Yaml.Read(Path.Combine(Folder, "podmonitor.yaml"))["metadata"]!["name"];
        var jobs = Selectors("alerts.yaml").Where(static selector => selector.Series == Up).ToList();
        Assert.That(jobs, Is.Not.Empty);
        foreach (var (_, matchers) in jobs)
            Assert.That($"packages/{monitor}", Does.Match($"^({matchers.Single().Value})$"));
    }

    [Test]
    public void Health_checks_have_their_own_protocol_name_which_dashboard_and_alerts_exclude()
    {
        var selectors = Selectors("alerts.yaml").Concat(Selectors("dashboard.json"))
            .Where(static selector => selector.Series.StartsWith("http_server_", StringComparison.Ordinal)).ToList();
        Assert.That(selectors, Has.Count.GreaterThan(5));
        foreach (var (series, matchers) in selectors)
            Assert.That(
                matchers.Where(static matcher => matcher.Label == "registry_protocol")
                    .SelectMany(static matcher => matcher.Value.Split('|')),
                Does.Contain("health"),
                series);
    }

    [Test]
    public void The_runbook_has_a_line_for_every_alert()
    {
        var lines = AlertRow().Matches(Page).Select(static row => row.Groups["name"].Value);
        Assert.That(lines, Is.EquivalentTo(Alerts).And.Unique);
    }

    [TestCase("/")]
    [TestCase("/readyz")]
    [TestCase("/metrics/more")]
    [TestCase("/api/v1/packages")]
    public async Task The_port_of_the_metrics_serves_nothing_else(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Host = registry.Host.Address.Authority;
        using var response = await metrics.SendAsync(request, cancellationToken);
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
    }

    [Test]
    public async Task The_port_of_the_registry_has_no_metrics()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/metrics");
        request.Headers.Host = $"127.0.0.1:{port}";
        using var response = await registry.Client.SendAsync(request, cancellationToken);
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
    }

    [Test]
    public async Task A_metric_names_neither_packages_nor_paths_nor_scrapes()
    {
        var text = await metrics.GetStringAsync("/metrics", cancellationToken);
        Assert.That(text, Does.Not.Contain("team").And.Not.Contain("/metrics"));
        Assert.That(
            text,
            Does.Match("""http_server_request_duration_seconds_count\{[^}]*registry_protocol="health"[,}]""")
                .And.Match("""registry_events_total\{action="credentials_refused",registry_protocol="cnr"\} [1-9]""")
                .And.Match("""registry_http_pulls_total\{registry_protocol="cnr"\} [1-9]""")
                .And.Match(
                    """registry_http_aborted_transfers_total\{reason="stalled",registry_protocol="cnr"\} [1-9]"""));
    }

    /// <summary>Returns what the queries of the dashboard or the alerts select.</summary>
    private static IEnumerable<(string Series, List<(string Label, string Value)> Matchers)> Selectors(string file) =>
        (file.EndsWith(".json", StringComparison.Ordinal)
            ? JsonNode.Parse(File.ReadAllText(Path.Combine(Folder, file)))!["panels"]!.AsArray()
                .SelectMany(static panel => panel!["targets"]?.AsArray() ?? [])
            : Yaml.Read(Path.Combine(Folder, file))["groups"]!.AsArray()
                .SelectMany(static group => group!["rules"]!.AsArray()))
        .SelectMany(static query => PromQuery.Parse($"{query!["expr"]}").Selectors);

    private static bool IsOfFramework(string name) =>
        name.StartsWith("dotnet_", StringComparison.Ordinal) || name.StartsWith("kestrel_", StringComparison.Ordinal);

    private void AssertExists(PromQuery query)
    {
        Assert.That(query.Selectors, Is.Not.Empty);
        var known = new HashSet<string>(TargetLabels, StringComparer.Ordinal);
        foreach (var (series, matchers) in query.Selectors)
        {
            Assert.That(series == Up || scrape.FamilyOf(series) is not null, series);
            string[] labels = series == Up ? [] : [.. scrape.LabelsOf(scrape.FamilyOf(series)!)];
            known.UnionWith(labels);
            if (series.EndsWith("_bucket", StringComparison.Ordinal))
                known.Add("le");
            foreach (var (label, value) in matchers)
            {
                Assert.That(TargetLabels.Concat(labels), Does.Contain(label), $"{series} {label}");
                foreach (var one in value.Split('|').Where(static one => one.Length > 0 && !one.StartsWith('$')))
                    Assert.That(Page, Does.Contain($"`{one}`"), $"{series} {label}={one}");
            }
        }

        Assert.That(query.GroupLabels, Is.SubsetOf(known));
    }

    /// <summary>Sends the beginning of a push, and waits until the registry ends it.</summary>
    private async Task StallAsync()
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, registry.Host.Address.Port, cancellationToken);
        await using var stream = client.GetStream();
        await stream.WriteAsync(
            Encoding.ASCII.GetBytes(
                "POST /api/v1/packages/team/slow HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                    + $"Authorization: Bearer {GuardedRegistry.AdminSecret}\r\n"
                    + "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"blob\":\""),
            cancellationToken);
        using var reader = new StreamReader(stream);
        Assert.That(await reader.ReadLineAsync(cancellationToken), Does.StartWith("HTTP/1.1 408"));
    }

    [GeneratedRegex(
        @"^\| `[\w.]+` \| `(?<name>\w+)` \| (?<kind>\w+) \| (?<tags>[^|]*)\|", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex("`(?<text>[^`]+)`")]
    private static partial Regex Code();

    [GeneratedRegex(@"^\| `(?<name>Registry\w+)` \|", RegexOptions.Multiline)]
    private static partial Regex AlertRow();

    [GeneratedRegex(@"\{\{(?<name>\w+)\}\}")]
    private static partial Regex LegendLabel();

    [GeneratedRegex(@"\{\{ \$labels\.(?<name>\w+) \}\}")]
    private static partial Regex AlertLabel();
}
