using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using NUnit.Framework;
using Registry.Tests.Support;

namespace Registry.Tests.Api;

/// <summary>Successful responses of the service compared with the OpenAPI document.</summary>
[TestFixtureSource(typeof(Backends), nameof(Backends.Names))]
public sealed class OpenApiResponseTests(string backend)
{
    /// <summary>Members whose values differ between runs.</summary>
    private static readonly string[] Variable = ["created_at", "generation", "timeCreated", "selfLink"];

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
        Assert.That((await blob.Content.ReadAsByteArrayAsync()).Length, Is.EqualTo(583));
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
        if (status == 204)
            return;
        Assert.That(
            operation.Response(status)!["content"]!.AsObject().Select(content => content.Key),
            Does.Contain(type),
            operation.Id);
        if (type != "application/json")
            return;
        var json = JsonNode.Parse(text);
        Assert.That(
            document.Validate(json, operation.Response(status)!["content"]![type]!["schema"]!),
            Is.Null,
            $"{operation.Id}: {text}");
        if (status == 200)
            Assert.That(Normalize(json), Is.EqualTo(Normalize(operation.Examples(200)[""])), operation.Id);
    }

    private static StringContent Json(ApiOperation push) =>
        new StringContent(
            push.Node["requestBody"]!["content"]!["application/json"]!["example"]!.ToJsonString(),
            Encoding.UTF8,
            "application/json");

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
