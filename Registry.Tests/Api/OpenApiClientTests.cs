using System.Text.Json.Nodes;
using NUnit.Framework;
using Registry.Tests.Support;

namespace Registry.Tests.Api;

/// <summary>The OpenAPI document for client generators, compared with the complete one.</summary>
public sealed class OpenApiClientTests
{
    private RegistryHost host = null!;
    private ApiDocument whole = null!;
    private ApiDocument client = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        host = await RegistryHost.StartAsync();
        whole = await ApiDocument.ReadAsync(host.Client);
        client = await ApiDocument.ReadAsync(host.Client, "client");
    }

    [OneTimeTearDown]
    public async Task StopAsync() => await host.DisposeAsync();

    [Test]
    public void It_contains_each_operation_for_programs_once()
    {
        var programs = whole.Operations.Where(
            operation => !operation.Path.StartsWith("/cnr", StringComparison.Ordinal) && operation.Path != "/");
        Assert.That(client.Operations.Select(Address), Is.EqualTo(programs.Select(Address)));
        Assert.That(client.Operations.Select(operation => operation.Id), Is.Unique.And.All.Match("^[A-Z][A-Za-z]+$"));
        Assert.That(
            client.Operations.Select(operation => operation.Id),
            Is.SupersetOf(new[] { "PushPackage", "ListPackages", "PullPackage", "PullBlob", "UploadArchive" }));
    }

    [Test]
    public void Every_response_has_one_content_type()
    {
        foreach (var operation in client.Operations)
            foreach (var status in operation.Statuses.Select(int.Parse))
                Assert.That(
                    operation.Response(status)!["content"]?.AsObject(),
                    Is.Null.Or.Count.EqualTo(1),
                    $"{operation.Id} {status}");
        foreach (var id in (string[])[
            "PullPackage", "PullBlob", "DownloadArchive", "PullManifest", "PullOciBlob", "DownloadChart"
        ])
        {
            var (_, file) = client.Operation(id).Response(200)!["content"]!.AsObject().Single();
            Assert.That(file!["schema"]!["format"]!.GetValue<string>(), Is.EqualTo("binary"), id);
        }
    }

    [Test]
    public void A_push_has_one_form_without_duplicate_fields()
    {
        var push = client.Operation("PushPackage");
        Assert.That(push.Node["description"]!.GetValue<string>(), Does.Contain("409").And.Not.Contain("base64"));
        var parameters = push.Parameters.Select(parameter => parameter["name"]!.GetValue<string>());
        Assert.That(parameters, Is.EqualTo(new[] { "namespace", "name" }));
        var (type, content) = push.Node["requestBody"]!["content"]!.AsObject().Single();
        Assert.That(type, Is.EqualTo("multipart/form-data"));
        var fields = content!["schema"]!["properties"]!;
        Assert.That(
            fields.AsObject().Select(field => field.Key),
            Is.EquivalentTo(new[] { "release", "blob", "media_type", "force", "metadata" }));
        Assert.That(fields["force"]!["type"]!.GetValue<string>(), Is.EqualTo("boolean"));
        Assert.That(fields["force"]!["default"]!.GetValue<bool>(), Is.False);
    }

    [Test]
    public void It_has_no_enums_and_no_request_headers()
    {
        foreach (var node in Nodes(client.Root).OfType<JsonObject>())
        {
            Assert.That(node.ContainsKey("enum"), Is.False, node.GetPath());
            Assert.That((node["in"] as JsonValue)?.GetValue<string>(), Is.Not.EqualTo("header"), node.GetPath());
        }

        var statuses = client.Operations.SelectMany(operation => operation.Statuses).Distinct();
        Assert.That(statuses.Intersect(["206", "304", "412", "416"]), Is.Empty);
    }

    [Test]
    public void Every_error_is_typed()
    {
        foreach (var operation in client.Operations)
            foreach (var status in operation.Statuses.Where(status => status[0] is '4' or '5'))
            {
                var schema = operation.Response(int.Parse(status))!["content"]!["application/json"]!["schema"]!;
                var form = (operation.Path.Split('/')[1], operation.Id, status) switch
                {
                    ("v2", _, _) => "OciErrors",
                    ("helm", _, _) => "HelmError",
                    (_, "ShowStatus", "503") => "RegistryStatus",
                    _ => "RegistryError",
                };
                Assert.That(
                    schema["$ref"]!.GetValue<string>(),
                    Is.EqualTo($"#/components/schemas/{form}"),
                    $"{operation.Id} {status}");
            }
    }

    [Test]
    public void It_has_no_unused_components()
    {
        var used = Nodes(client.Root).Select(node => (node as JsonObject)?["$ref"]?.GetValue<string>()).ToHashSet();
        foreach (var (kind, parts) in client.Root["components"]!.AsObject())
            foreach (var (name, _) in parts!.AsObject())
                Assert.That(used, Does.Contain($"#/components/{kind}/{name}"));
    }

    [Test]
    public void It_names_no_server() => Assert.That(client.Root["servers"], Is.Null);

    private static string Address(ApiOperation operation) => $"{operation.Method} {operation.Path}";

    private static IEnumerable<JsonNode> Nodes(JsonNode node) => (node switch
    {
        JsonObject members => members.Select(member => member.Value),
        JsonArray items => items,
        _ => [],
    }).OfType<JsonNode>().SelectMany(Nodes).Prepend(node);
}
