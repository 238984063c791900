using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using NUnit.Framework;
using Registry.Tests.Support;

namespace Registry.Tests.Api;

/// <summary>What the document promises, against what the service answers: successes.</summary>
[TestFixtureSource(typeof(Backends), nameof(Backends.Names))]
[Parallelizable(ParallelScope.Self)]
public sealed class OpenApiAnswerTests(string backend)
{
    /// <summary>What differs from one run to the next.</summary>
    private static readonly string[] Moving = ["created_at", "generation", "timeCreated", "selfLink"];

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
    public async Task Tried_out_in_turn_with_the_values_filled_in_every_operation_answers_as_its_example_says(
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
        Assert.That(operations, Has.Count.EqualTo(18), "every operation has been tried");
    }

    [Test]
    public async Task Tried_out_in_turn_kar_answers_as_its_examples_say()
    {
        var archive = new ByteArrayContent(
            await File.ReadAllBytesAsync(Path.Combine(AppContext.BaseDirectory, "Data", "app.kploy")));
        await ExpectAsync(document.Operation("karUploadArchive"), archive);
        await ExpectAsync(document.Operation("karListArchives"));
        await ExpectAsync(document.Operation("karDownloadArchive"));
        await ExpectAsync(document.Operation("karDeleteArchive"), status: 204);
        using var state = await host.Client.GetAsync("/api/v1");
        var schema = document.Operation("karShowStatus").Response(200)!["content"]!["application/json"]!["schema"]!;
        Assert.That(document.Fault(JsonNode.Parse(await state.Content.ReadAsStringAsync()), schema), Is.Null);
    }

    [Test]
    public async Task The_health_checks_answer_as_their_examples_say()
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
        // A form with a file has its examples at its fields: a file is none of them.
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
    public async Task The_json_form_of_a_download_is_as_its_example_says(string id, string format)
    {
        var api = id.StartsWith("appr", StringComparison.Ordinal) ? "appr" : "cnr";
        await ExpectAsync(document.Operation($"{api}PushRelease"), Json(document.Operation($"{api}PushRelease")));
        await ExpectAsync(document.Operation(id), values: new() { ["format"] = format });
    }

    [Test]
    public async Task Reads_have_the_headers_and_conditional_statuses_that_are_said()
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

    private static void AssertHeaders(ApiOperation operation, HttpResponseMessage answer)
    {
        var declared =
            operation.Response((int)answer.StatusCode)?["headers"]?.AsObject().Select(header => header.Key) ?? [];
        // Of two forms of an answer the JSON has no parts and no file name.
        if (operation.Statuses.Contains("206") && answer.Content.Headers.ContentType?.MediaType == "application/json")
            declared = declared.Where(header => header is "ETag" or "Content-Range");
        var sent = answer.Headers.Concat(answer.Content.Headers).Select(header => header.Key);
        Assert.That(sent, Is.SupersetOf(declared), $"{operation.Id} {(int)answer.StatusCode}");
    }

    /// <summary>
    /// Sends the operation as the document fills it in, and compares the answer with what it declares.
    /// </summary>
    private async Task ExpectAsync(
        ApiOperation operation, HttpContent? body = null, Dictionary<string, string>? values = null, int status = 200)
    {
        using var request = new HttpRequestMessage(operation.Method, operation.Url(values)) { Content = body };
        using var answer = await host.Client.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.That((int)answer.StatusCode, Is.EqualTo(status), $"{operation.Id}: {text}");
        Assert.That(operation.Statuses, Does.Contain($"{status}"), operation.Id);
        AssertHeaders(operation, answer);
        var type = answer.Content.Headers.ContentType?.MediaType;
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
            document.Fault(json, operation.Response(status)!["content"]![type]!["schema"]!),
            Is.Null,
            $"{operation.Id}: {text}");
        if (status == 200)
            Assert.That(Still(json), Is.EqualTo(Still(operation.Examples(200)[""])), operation.Id);
    }

    private static StringContent Json(ApiOperation push) =>
        new StringContent(
            push.Node["requestBody"]!["content"]!["application/json"]!["example"]!.ToJsonString(),
            Encoding.UTF8,
            "application/json");

    /// <summary>A value in one way of writing it, without what differs from one run to the next.</summary>
    private static string Still(JsonNode? node) => node switch
    {
        JsonObject members => "{" + string.Join(
            ',',
            members.OrderBy(member => member.Key, StringComparer.Ordinal)
                .Select(member => $"{member.Key}:{(Moving.Contains(member.Key) ? "*" : Still(member.Value))}")) + "}",
        JsonArray items => $"[{string.Join(',', items.Select(Still))}]",
        _ => node?.ToJsonString() ?? "null",
    };
}
