using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using NUnit.Framework;
using Registry.Tests.Api.Helm;
using Registry.Tests.Support;

namespace Registry.Tests.Api;

/// <summary>Successful responses of the service compared with the OpenAPI document.</summary>
[TestFixtureSource(typeof(Backends), nameof(Backends.Names))]
public sealed class OpenApiResponseTests(string backend)
{
    /// <summary>Members whose values differ between runs.</summary>
    private static readonly string[] Variable =
    [
        "created_at", "generation", "timeCreated", "selfLink", "created", "org.opencontainers.image.created",
    ];

    /// <summary>Headers that a response has only if there is something to say.</summary>
    private static readonly string[] Optional = ["Link", "OCI-Subject", "OCI-Tag", "OCI-Filters-Applied"];

    private RegistryHost host = null!;
    private ApiDocument document = null!;

    [SetUp]
    public async Task StartAsync()
    {
        host = await RegistryHost.StartAsync(await Backends.NewStorageAsync(backend));
        document ??= await ApiDocument.ReadAsync(host.Client);
    }

    [TearDown]
    public async Task StopAsync() => await host.DisposeAsync();

    [TestCase("cnr")]
    [TestCase("appr")]
    public async Task Every_package_operation_returns_its_example(
        string api)
    {
        var operations =
            document.Operations.Where(operation => operation.Id.StartsWith(api, StringComparison.Ordinal)).ToList();
        await ExpectAsync(document.Operation($"{api}PushRelease"), Json(document.Operation($"{api}PushRelease")));
        await ExpectAsync(document.Operation($"{api}AddChannelRelease"));
        foreach (var read in operations.Where(
            operation =>
                operation.Method == HttpMethod.Get && !operation.Id.EndsWith("Discover", StringComparison.Ordinal)))
            await ExpectAsync(read);
        await ExpectAsync(document.Operation($"{api}RemoveChannelRelease"));
        await ExpectAsync(document.Operation($"{api}AddChannelRelease"));
        await ExpectAsync(document.Operation($"{api}DeleteChannel"));
        await ExpectAsync(document.Operation($"{api}DeleteRelease"));
        Assert.That(operations, Has.Count.EqualTo(18), "every operation was called");
    }

    [Test]
    public async Task Every_oci_operation_returns_its_example()
    {
        await ExpectAsync(document.Operation("cnrPushRelease"), Json(document.Operation("cnrPushRelease")));
        List<string> called = [];
        foreach (var read in Reads("oci").Where(static read => read.Id != "ociShowUpload"))
            await CallAsync(read.Id);
        var hello = $"sha256:{Convert.ToHexStringLower(SHA256.HashData("hello"u8))}";
        await CallAsync("ociBeginUpload", Bytes("hello"), new() { ["digest"] = hello }, 201);
        var other = new Dictionary<string, string>
        {
            ["name"] = "other",
            ["mount"] = hello,
            ["from"] = Registry.Api.OpenApi.Sample.FullName,
        };
        await CallAsync("ociBeginUpload", body: null, other, 201);
        await CallAsync("ociDeleteBlob", body: null, new() { ["digest"] = hello }, 202);

        var session = await BeginUploadAsync();
        await CallAsync("ociShowUpload", body: null, session, 204);
        await CallAsync("ociAppendToUpload", Bytes("hel"), session, 202);
        session["digest"] = hello;
        await CallAsync("ociCompleteUpload", Bytes("lo"), session, 201);
        await CallAsync("ociCancelUpload", body: null, await BeginUploadAsync(), 204);

        await CallAsync("ociPushManifest", Json(document.Operation("ociPushManifest")), status: 201);
        await CallAsync("ociPullManifest");
        await CallAsync("ociDeleteManifest", status: 202);
        Assert.That(called.Distinct(), Is.EquivalentTo(Ids("oci")), "every operation was called");

        async Task CallAsync(
            string id, HttpContent? body = null, Dictionary<string, string>? values = null, int status = 200)
        {
            called.Add(id);
            await ExpectAsync(document.Operation(id), body, values, status);
        }

        async Task<Dictionary<string, string>> BeginUploadAsync()
        {
            await CallAsync("ociBeginUpload", status: 202);
            using var begun = await host.Client.PostAsync(document.Operation("ociBeginUpload").Url(), content: null);
            return new() { ["id"] = begun.Headers.GetValues("Docker-Upload-UUID").Single() };
        }
    }

    [Test]
    public async Task Every_helm_operation_returns_its_example()
    {
        var chart = Convert.FromBase64String(Registry.Api.OpenApi.Sample.Chart);
        await ExpectAsync(document.Operation("helmPushChart"), new ByteArrayContent(chart), status: 201);
        await ExpectAsync(
            document.Operation("helmPushProvenance"),
            Bytes(HelmTest.Provenance("elasticsearch", "1.0.0", chart)),
            status: 201);
        await ExpectAsync(document.Operation("cnrAddChannelRelease"));
        foreach (var read in Reads("helm"))
            await ExpectAsync(read);
        Assert.That(Reads("helm").Count() + 3, Is.EqualTo(Ids("helm").Count()), "every operation was called");
        foreach (var id in (string[])["helmDownloadChart", "helmDownloadChannelChart"])
            await ExpectAsync(document.Operation(id), values: new() { ["file"] = "elasticsearch-1.0.0.tgz.prov" });
        await ExpectAsync(document.Operation("helmListCharts"), values: new() { ["unlisted"] = "false" });
        using var unlisted =
            await host.Client.GetAsync(document.Operation("helmListCharts").Url(new() { ["unlisted"] = "true" }));
        Assert.That(await unlisted.Content.ReadAsStringAsync(), Is.EqualTo("[]\n"));
        await ExpectAsync(
            document.Operation("helmPushChart"), new ByteArrayContent(chart), new() { ["force"] = "true" }, 201);
        await ExpectAsync(document.Operation("helmDeleteChart"));
    }

    [Test]
    public async Task Optional_headers_of_oci_are_sent_if_they_apply()
    {
        await ExpectAsync(document.Operation("cnrPushRelease"), Json(document.Operation("cnrPushRelease")));
        await ExpectAsync(document.Operation("cnrAddChannelRelease"));
        await ExpectHeaderAsync("ociListTags", new() { ["n"] = "1" }, "Link");
        await ExpectHeaderAsync("ociListReferrers", new() { ["artifactType"] = "a/b" }, "OCI-Filters-Applied");

        async Task ExpectHeaderAsync(string id, Dictionary<string, string> values, string header)
        {
            using var response = await host.Client.GetAsync(document.Operation(id).Url(values));
            Assert.That(response.Headers.Contains(header), $"{id} {header}");
            Assert.That(document.Operation(id).Response(200)!["headers"]![header], Is.Not.Null);
        }
    }

    [Test]
    public async Task Every_kar_operation_returns_its_example()
    {
        var archive = new ByteArrayContent(
            await File.ReadAllBytesAsync(Path.Combine(AppContext.BaseDirectory, "Data", "app.kploy")));
        await ExpectAsync(document.Operation("karUploadArchive"), archive);
        await ExpectAsync(document.Operation("karListArchives"));
        await ExpectAsync(document.Operation("karDownloadArchive"));
        await ExpectAsync(document.Operation("karDeleteArchive"), status: 204);
        using var state = await host.Client.GetAsync("/api/v1");
        var schema = document.Operation("karShowStatus").Response(200)!["content"]!["application/json"]!["schema"]!;
        Assert.That(document.Validate(JsonNode.Parse(await state.Content.ReadAsStringAsync()), schema), Is.Null);
    }

    [Test]
    public async Task The_health_checks_return_their_examples()
    {
        await ExpectAsync(document.Operation("healthCheckAlive"));
        await host.Client.UntilReadyAsync(TestContext.CurrentContext.CancellationToken);
        await ExpectAsync(document.Operation("healthCheckReady"));
    }

    [TestCase("cnr", "application/json")]
    [TestCase("appr", "application/json")]
    [TestCase("cnr", "application/x-www-form-urlencoded")]
    [TestCase("cnr", "multipart/form-data")]
    public async Task Every_example_of_a_push_works(string api, string contentType)
    {
        var push = document.Operation($"{api}PushRelease");
        var content = push.Node["requestBody"]!["content"]![contentType]!;
        // A form with a file has its examples at the fields; the file has none.
        var fields = (content["example"]?.AsObject().Select(field => (field.Key, field.Value))
            ?? content["schema"]!["properties"]!.AsObject()
                .Select(field => (field.Key, Value: field.Value!["example"])))
            .Where(field => field.Value is not null)
            .Select(field => KeyValuePair.Create(field.Key, field.Value!.GetValue<string>()))
            .ToList();
        var form = new MultipartFormDataContent();
        foreach (var (name, value) in fields)
            form.Add(new StringContent(value), name);
        form.Add(
            new ByteArrayContent(Convert.FromBase64String(Registry.Api.OpenApi.Sample.Chart)), "blob", "chart.tar.gz");
        await ExpectAsync(push, contentType switch
        {
            "application/json" => Json(push),
            "multipart/form-data" => form,
            _ => new FormUrlEncodedContent(fields),
        });
        using var blob = await host.Client.GetAsync(document.Operation($"{api}PullPackage").Url());
        Assert.That((await blob.Content.ReadAsByteArrayAsync()).Length, Is.EqualTo(Registry.Api.OpenApi.Sample.Size));
    }

    [Test]
    public async Task The_fields_of_a_push_work_as_query_parameters()
    {
        var push = document.Operation("cnrPushRelease");
        var body = push.Node["requestBody"]!["content"]!["application/json"]!["example"]!.AsObject();
        var query = body.ToDictionary(field => field.Key, field => field.Value!.GetValue<string>());
        query["metadata"] = "a text";
        await ExpectAsync(push, values: query);
        await ExpectAsync(push, values: query, status: 409);
        query["force"] = "true";
        await ExpectAsync(push, values: query);
    }

    [TestCase("cnrPullPackage", "json")]
    [TestCase("apprPullPackage", "json")]
    [TestCase("cnrGetBlob", "json")]
    public async Task The_JSON_form_of_a_download_matches_its_example(string id, string format)
    {
        var api = id.StartsWith("appr", StringComparison.Ordinal) ? "appr" : "cnr";
        await ExpectAsync(document.Operation($"{api}PushRelease"), Json(document.Operation($"{api}PushRelease")));
        await ExpectAsync(document.Operation(id), values: new() { ["format"] = format });
    }

    [Test]
    public async Task Reads_have_the_declared_headers_and_conditional_statuses()
    {
        await ExpectAsync(document.Operation("cnrPushRelease"), Json(document.Operation("cnrPushRelease")));
        await ExpectAsync(document.Operation("cnrAddChannelRelease"));
        using var archive = await host.Client.PostAsync("/api/v1/app", new ByteArrayContent(
            await File.ReadAllBytesAsync(Path.Combine(AppContext.BaseDirectory, "Data", "app.kploy"))));
        var reads = document.Operations.Where(operation => operation.Statuses.Contains("304")).ToList();
        Assert.That(reads, Has.Count.GreaterThan(20));
        foreach (var read in reads)
        {
            using var whole = await SendAsync(read, _ => { });
            AssertHeaders(read, whole);
            using var known = await SendAsync(read, headers => headers.IfNoneMatch.Add(whole.Headers.ETag!));
            Assert.That((int)known.StatusCode, Is.EqualTo(304), read.Id);
            AssertHeaders(read, known);
            using var other = await SendAsync(read, headers => headers.IfMatch.Add(new("\"other\"")));
            Assert.That((int)other.StatusCode, Is.EqualTo(412), read.Id);
            if (!read.Statuses.Contains("206"))
                continue;
            using var part = await SendAsync(read, headers => headers.Range = new(0, 9));
            Assert.That((int)part.StatusCode, Is.EqualTo(206), read.Id);
            AssertHeaders(read, part);
            using var beyond = await SendAsync(read, headers => headers.Range = new(1_000_000, null));
            Assert.That((int)beyond.StatusCode, Is.EqualTo(416), read.Id);
            AssertHeaders(read, beyond);
        }
    }

    private async Task<HttpResponseMessage> SendAsync(ApiOperation operation, Action<HttpRequestHeaders> headers)
    {
        using var request = new HttpRequestMessage(operation.Method, operation.Url());
        headers(request.Headers);
        return await host.Client.SendAsync(request);
    }

    private static void AssertHeaders(ApiOperation operation, HttpResponseMessage response)
    {
        var declared =
            operation.Response((int)response.StatusCode)?["headers"]?.AsObject().Select(header => header.Key) ?? [];
        // Where a response can be JSON or a file, the JSON has no ranges and no file name.
        if (operation.Statuses.Contains("206") && response.Content.Headers.ContentType?.MediaType == "application/json")
            declared = declared.Where(header => header is "ETag" or "Content-Range");
        declared = declared.Except(Optional);
        var sent = response.Headers.Concat(response.Content.Headers).Select(header => header.Key);
        Assert.That(sent, Is.SupersetOf(declared), $"{operation.Id} {(int)response.StatusCode}");
    }

    /// <summary>
    /// Sends the operation with the examples of the document and compares the response with its declaration.
    /// </summary>
    private async Task ExpectAsync(
        ApiOperation operation, HttpContent? body = null, Dictionary<string, string>? values = null, int status = 200)
    {
        using var request = new HttpRequestMessage(operation.Method, operation.Url(values)) { Content = body };
        using var response = await host.Client.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        Assert.That((int)response.StatusCode, Is.EqualTo(status), $"{operation.Id}: {text}");
        Assert.That(operation.Statuses, Does.Contain($"{status}"), operation.Id);
        AssertHeaders(operation, response);
        var type = response.Content.Headers.ContentType?.MediaType;
        if (operation.Response(status)!["content"] is not { } content)
        {
            Assert.That(text, Is.Empty, operation.Id);
            return;
        }

        Assert.That(content.AsObject().Select(content => content.Key), Does.Contain(type), operation.Id);
        if (!type!.EndsWith("json", StringComparison.Ordinal))
            return;
        var json = JsonNode.Parse(text);
        Assert.That(
            document.Validate(json, operation.Response(status)!["content"]![type]!["schema"]!),
            Is.Null,
            $"{operation.Id}: {text}");
        if (status is 200 or 201)
            Assert.That(Normalize(json), Is.EqualTo(Normalize(operation.Examples(status)[""])), operation.Id);
    }

    private IEnumerable<string> Ids(string api) => document.Operations.Select(static operation => operation.Id)
        .Where(id => id.StartsWith(api, StringComparison.Ordinal));

    private IEnumerable<ApiOperation> Reads(string api) => document.Operations.Where(
        operation => operation.Method == HttpMethod.Get && operation.Id.StartsWith(api, StringComparison.Ordinal));

    private static ByteArrayContent Bytes(string text) => new(Encoding.UTF8.GetBytes(text));

    /// <summary>Returns the example of the body of a push, in its first format.</summary>
    private static StringContent Json(ApiOperation push)
    {
        var (type, content) = push.Node["requestBody"]!["content"]!.AsObject().First();
        return new StringContent(content!["example"]!.ToJsonString(), Encoding.UTF8, type);
    }

    /// <summary>Formats a value canonically, without members that differ between runs.</summary>
    private static string Normalize(JsonNode? node) => node switch
    {
        JsonObject members => "{" + string.Join(
            ',',
            members.OrderBy(member => member.Key, StringComparer.Ordinal)
                .Select(
                    member => $"{member.Key}:{(Variable.Contains(member.Key) ? "*" : Normalize(member.Value))}")) + "}",
        JsonArray items => $"[{string.Join(',', items.Select(Normalize))}]",
        _ => node?.ToJsonString() ?? "null",
    };
}
