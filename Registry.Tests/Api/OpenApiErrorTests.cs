using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using NUnit.Framework;
using Registry.Api.OpenApi;
using Registry.Tests.Support;

namespace Registry.Tests.Api;

/// <summary>Error responses of the service compared with the OpenAPI document.</summary>
[TestFixtureSource(typeof(Backends), nameof(Backends.Names))]
public sealed class OpenApiErrorTests(string backend)
{
    private const string Other = "9.9.9";
    private static readonly string NoBlob = new('0', 64);

    private static readonly (string Id, string Values, string? Body, int Status, string Example)[] RefusedByOci =
    [
        ("ociListRepositories", "n=-1", null, 400, "PAGINATION_NUMBER_INVALID"),
        ("ociListTags", "n=-1", null, 400, "PAGINATION_NUMBER_INVALID"),
        ("ociListTags", "name=-elasticsearch", null, 400, "NAME_INVALID"),
        ("ociListTags", "namespace=nobody", null, 404, "NAME_UNKNOWN"),
        ("ociPullManifest", "reference=sha256:1", null, 400, "DIGEST_INVALID"),
        ("ociPullManifest", $"reference={Other}", null, 404, "MANIFEST_UNKNOWN"),
        ("ociPushManifest", "reference=-beta", "{}", 400, "MANIFEST_INVALID"),
        ("ociPushManifest", "", "{}", 400, "MANIFEST_INVALID-2"),
        ("ociPushManifest", "reference=sha256:1", "{}", 400, "DIGEST_INVALID"),
        ("ociPushManifest", "", Refers(NoBlob), 400, "MANIFEST_BLOB_UNKNOWN"),
        ("ociPushManifest", "reference=1.0.0__helm", Refers(Sample.ChartDigest), 409, "DENIED-2"),
        ("ociDeleteManifest", $"reference={Other}", null, 404, "MANIFEST_UNKNOWN"),
        ("ociListReferrers", "digest=sha256:1", null, 400, "DIGEST_INVALID"),
        ("ociPullBlob", $"digest=sha256:{NoBlob}", null, 404, "BLOB_UNKNOWN"),
        ("ociDeleteBlob", $"digest=sha256:{NoBlob}", null, 404, "BLOB_UNKNOWN"),
        ("ociDeleteBlob", "", null, 405, "UNSUPPORTED-2"),
        ("ociBeginUpload", $"digest=sha256:{NoBlob}", "hello", 400, "DIGEST_INVALID-2"),
        ("ociAppendToUpload", "", "a", 404, "BLOB_UPLOAD_UNKNOWN"),
        ("ociCompleteUpload", "", "a", 404, "BLOB_UPLOAD_UNKNOWN"),
        ("ociShowUpload", "", null, 404, "BLOB_UPLOAD_UNKNOWN"),
        ("ociCancelUpload", "", null, 404, "BLOB_UPLOAD_UNKNOWN"),
    ];

    private static readonly (string Id, string Values, string? Body, int Status, string Example)[] RefusedByHelm =
    [
        ("helmPushChart", "", "AAAA", 400, "invalid-parameters"),
        ("helmPushChart", "", Sample.Chart, 409, "package-exists"),
        ("helmPushProvenance", "", "a", 400, "invalid-parameters"),
        ("helmGetIndex", "namespace=-", null, 404, "package-not-found"),
        ("helmGetChannelIndex", "channel=-", null, 404, "package-not-found-2"),
        ("helmDownloadChart", $"file=elasticsearch-{Other}.tgz", null, 404, "package-not-found"),
        ("helmDownloadChannelChart", "channel=-", null, 404, "package-not-found"),
        ("helmDownloadChannelChart", $"file=elasticsearch-{Other}.tgz", null, 404, "package-not-found-2"),
        ("helmListCharts", "limit=-1", null, 400, "invalid-usage"),
        ("helmListCharts", "namespace=-", null, 404, "package-not-found"),
        ("helmListChartVersions", "name=unknown", null, 404, "package-not-found"),
        ("helmShowChart", $"version={Other}", null, 404, "package-not-found"),
        ("helmDeleteChart", $"version={Other}", null, 404, "package-not-found"),
    ];

    private RegistryHost host = null!;
    private ApiDocument document = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        host = await RegistryHost.StartAsync(
            [
                .. await Backends.NewStorageAsync(backend), "--Limits:ArchiveBytes=100000",
                "--Limits:RequestBytes=200000"
            ]);
        document = await ApiDocument.ReadAsync(host.Client);
        await SeedAsync();
    }

    [OneTimeTearDown]
    public async Task StopAsync() => await host.DisposeAsync();

    /// <summary>
    /// The operation without its API, the values that differ from the examples, the body, the status, and the name of
    /// the example that the response must equal.
    /// </summary>
    private static IEnumerable<TestCaseData> Refused()
    {
        (string Id, string Values, string? Body, int Status, string Example)[] cases =
        [
            ("PushRelease", "", """{"blob":"AAAA"}""", 400, "invalid-usage"),
            ("PushRelease", "name=-elasticsearch", "{}", 400, "invalid-usage-2"),
            ("PushRelease", "", $$"""{"release":"latest","blob":"{{Sample.Chart}}"}""", 422, "invalid-release"),
            (
                "PushRelease",
                "",
                $$"""{"release":"2.0.0","media_type":"Helm","blob":"{{Sample.Chart}}"}""",
                422,
                "invalid-parameters"),
            ("PushRelease", "", """{"release":"2.0.0","blob":"AAAA"}""", 422, "invalid-parameters-2"),
            (
                "PushRelease",
                "",
                $$"""{"release":"1.0.0","media_type":"helm","blob":"{{Sample.Chart}}"}""",
                409,
                "package-exists"),
            ("ListPackages", "limit=0", null, 400, "invalid-usage"),
            ("SearchPackages", "limit=0", null, 400, "invalid-usage"),
            ("ListReleases", "namespace=nobody", null, 404, "package-not-found"),
            ("ShowRelease", $"release={Other}", null, 404, "package-not-found"),
            ("ShowManifest", "release=1.1.0;mediaType=-", null, 400, "invalid-usage"),
            ("ShowManifest", "namespace=nobody", null, 404, "package-not-found"),
            ("ShowManifest", "mediaType=kpm", null, 404, "package-not-found-2"),
            ("ShowManifest", $"release={Other}", null, 404, "package-release-not-found"),
            ("ShowManifest", "release=latest", null, 422, "invalid-release"),
            ("PullPackage", "release=1.1.0;mediaType=-", null, 400, "invalid-usage"),
            ("PullPackage", "mediaType=kpm", null, 404, "package-not-found-2"),
            ("PullPackage", $"release={Other}", null, 404, "package-release-not-found"),
            ("PullPackage", "release=latest", null, 422, "invalid-release"),
            ("PullPackageAsJson", $"release={Other}", null, 404, "package-release-not-found"),
            ("GetBlob", "namespace=nobody", null, 404, "package-not-found"),
            ("GetBlob", $"digest={NoBlob}", null, 404, "package-not-found-2"),
            ("GetBlobAsJson", $"digest={NoBlob}", null, 404, "package-not-found-2"),
            ("ListChannels", "namespace=nobody", null, 404, "package-not-found"),
            ("ShowChannel", "channel=-beta", null, 400, "invalid-usage"),
            ("ShowChannel", "", null, 404, "channel-not-found"),
            ("AddChannelRelease", "channel=-beta", null, 400, "invalid-usage"),
            ("AddChannelRelease", $"release={Other}", null, 404, "package-release-not-found"),
            ("AddChannelRelease", "release=latest", null, 422, "invalid-release"),
            ("RemoveChannelRelease", $"channel=kept;release={Other}", null, 404, "package-not-found-2"),
            ("RemoveChannelRelease", "", null, 404, "channel-not-found"),
            ("DeleteChannel", "", null, 404, "channel-not-found"),
            ("DeleteRelease", $"release={Other}", null, 404, "package-not-found"),
        ];
        foreach (var api in (string[])["cnr", "appr"])
            foreach (var (id, values, body, status, example) in cases)
                yield return new TestCaseData(api + id, values, body, status, example);
        foreach (var (id, values, body, status, example) in RefusedByOci.Concat(RefusedByHelm))
            yield return new TestCaseData(id, values, body, status, example);
        yield return new TestCaseData("karUploadArchive", "", "", 400, "invalid-usage");
        yield return new TestCaseData("karUploadArchive", "workspace=http://[::1/x", "a", 400, "invalid-usage-2");
        yield return new TestCaseData("karListArchives", "workspace=http://[::1/x", null, 400, "invalid-usage");
        yield return new TestCaseData("karDownloadArchive", "workspace=http://[::1/x", null, 400, "invalid-usage");
        yield return new TestCaseData("karDownloadArchive", "", null, 404, "archive-not-found");
        yield return new TestCaseData("karDeleteArchive", "", null, 404, "archive-not-found");
    }

    [TestCaseSource(nameof(Refused))]
    public async Task An_error_matches_its_example(
        string id, string values, string? body, int status, string example)
    {
        var operation = document.Operation(id);
        var changed = values.Split(';', StringSplitOptions.RemoveEmptyEntries)
            .Select(pair => pair.Split('=', 2))
            .ToDictionary(pair => pair[0], pair => pair[1]);
        using var request = new HttpRequestMessage(operation.Method, operation.Url(changed))
        {
            Content = body is null ? null : Content(operation, body),
        };
        using var response = await host.Client.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        Assert.That((int)response.StatusCode, Is.EqualTo(status), text);
        Assert.That(operation.Examples(status), Contains.Key(example));
        var expected = operation.Examples(status)[example]!.AsObject();
        var actual = JsonNode.Parse(text)!.AsObject();
        Assert.That(
            document.Validate(actual, operation.Response(status)!["content"]!["application/json"]!["schema"]!),
            Is.Null,
            text);
        if (changed.GetValueOrDefault("namespace") == "nobody")
            Assert.That(CodeOf(actual), Is.EqualTo(CodeOf(expected)));
        else
            Assert.That(
                JsonNode.DeepEquals(actual, expected),
                $"{actual.ToJsonString()}\nis not the example\n{expected.ToJsonString()}");
    }

    [Test]
    public async Task A_wrong_method_gets_405_with_the_allowed_ones()
    {
        foreach (var operation in document.Operations)
        {
            // No operation has this method.
            using var request = new HttpRequestMessage(HttpMethod.Trace, operation.Url());
            using var response = await host.Client.SendAsync(request);
            Assert.That((int)response.StatusCode, Is.EqualTo(405), operation.Id);
            Assert.That(operation.Response(405)!["headers"]!.AsObject().ContainsKey("Allow"), operation.Id);
            Assert.That(response.Content.Headers.Allow, Does.Contain(operation.Method.Method), operation.Id);
            Assert.That(JsonNode.DeepEquals(
                JsonNode.Parse(await response.Content.ReadAsStringAsync()), operation.Examples(405)
                    .First().Value), operation.Id);
        }
    }

    [TestCase("cnrPushRelease")]
    [TestCase("apprPushRelease")]
    [TestCase("karUploadArchive")]
    public async Task The_response_to_an_oversized_body_is_declared(string id)
    {
        var operation = document.Operation(id);
        using var response = await host.Client.PostAsync(
            operation.Url(), new StringContent($$"""{"blob":"{{new string('A', 300_000)}}"}"""));
        Assert.That((int)response.StatusCode, Is.EqualTo(413));
        var body = JsonNode.Parse(await response.Content.ReadAsStringAsync());
        Assert.That(
            document.Validate(body, operation.Response(413)!["content"]!["application/json"]!["schema"]!), Is.Null);
    }

    [Test]
    public async Task The_response_to_too_many_tags_matches_its_example()
    {
        var operation = document.Operation("ociPushManifest");
        var url = operation.Url(new() { ["reference"] = $"sha256:{NoBlob}" });
        var tags = string.Join('&', Enumerable.Repeat("tag=latest", 101));
        using var response = await host.Client.PutAsync($"{url}?{tags}", Content(operation, "{}"));
        Assert.That((int)response.StatusCode, Is.EqualTo(414));
        var body = JsonNode.Parse(await response.Content.ReadAsStringAsync());
        Assert.That(JsonNode.DeepEquals(body, operation.Examples(414).Single().Value), body!.ToJsonString());
    }

    [Test]
    public void Every_503_and_507_declares_Retry_After()
    {
        foreach (var operation in document.Operations)
            foreach (var status in operation.Statuses.Where(status => status is "503" or "507"))
                Assert.That(
                    operation.Response(int.Parse(status))!["headers"]?["Retry-After"],
                    Is.Not.Null,
                    $"{operation.Id} {status}");
    }

    /// <summary>Returns a manifest with a layer.</summary>
    private static string Refers(string digest)
    {
        var descriptor = $$"""{"mediaType":"application/x","digest":"sha256:{{digest}}","size":1}""";
        return $$"""{"schemaVersion":2,"config":{{descriptor}},"layers":[{{descriptor}}]}""";
    }

    /// <summary>Returns a body in the first declared format. The archive of a chart is written in base64.</summary>
    private static ByteArrayContent Content(ApiOperation operation, string body)
    {
        var type = operation.Node["requestBody"]!["content"]!.AsObject().First().Key;
        var bytes = type == "application/gzip" ? Convert.FromBase64String(body) : Encoding.UTF8.GetBytes(body);
        return new ByteArrayContent(bytes) { Headers = { ContentType = new MediaTypeHeaderValue(type) } };
    }

    private static string CodeOf(JsonObject error) =>
        (error["errors"]?[0] ?? error)["code"]!.GetValue<string>();

    /// <summary>Pushes the sample, a second release in two media types, and adds a channel.</summary>
    private async Task SeedAsync()
    {
        await SeedAsync(Sample.Release, "helm");
        await SeedAsync("1.1.0", "helm");
        await SeedAsync("1.1.0", "kpm");
        using var added = await host.Client.PostAsync(
            $"/api/v1/packages/{Sample.FullName}/channels/kept/{Sample.Release}", content: null);
        Assert.That((int)added.StatusCode, Is.EqualTo(200));
    }

    private async Task SeedAsync(string release, string mediaType)
    {
        var push = new JsonObject
        {
            ["release"] = release,
            ["media_type"] = mediaType,
            ["blob"] = Sample.Chart,
            ["force"] = true
        };
        using var pushed =
            await host.Client.PostAsync($"/api/v1/packages/{Sample.FullName}", new StringContent(push.ToJsonString()));
        Assert.That((int)pushed.StatusCode, Is.EqualTo(200));
    }
}
