using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;
using NUnit.Framework;
using Registry.Api.Oci;
using Registry.Api.OpenApi;
using Registry.Core.Artifacts;
using Registry.Core.Packages;
using Registry.Core.Storage;
using Registry.Tests.Support;

namespace Registry.Tests.Api;

/// <summary>The OpenAPI document compared with the routes of the application.</summary>
public sealed class OpenApiTests
{
    /// <summary>
    /// The routes that are not operations: pages, the documents themselves, and paths without a meaning.
    /// </summary>
    private static readonly string[] Pages =
    [
        "GET /openapi/v1.json", "GET /openapi/client.json", "GET /swagger/{**path}", "GET /favicon.ico",
        "GET /api/v1/app/{id}/{**rest}", "DELETE /api/v1/app/{id}/{**rest}",
        "GET /archives", "GET /assets/{hash}/{name}", "GET /icons/{**package}", "GET /packages",
        "GET /packages/{**package}",
    ];

    private RegistryHost host = null!;
    private ApiDocument document = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        host = await RegistryHost.StartAsync();
        document = await ApiDocument.ReadAsync(host.Client);
    }

    [OneTimeTearDown]
    public async Task StopAsync() => await host.DisposeAsync();

    [TestCase("v1", "..")]
    [TestCase("client")]
    public async Task A_document_parses_without_errors_or_warnings(string name, params string[] servers)
    {
        var text = await host.Client.GetStringAsync($"/openapi/{name}.json");
        var (read, diagnostic) = OpenApiDocument.Parse(text, OpenApiConstants.Json);
        Assert.That(diagnostic!.Errors.Concat(diagnostic.Warnings), Is.Empty);
        Assert.That(read!.Info.Version, Is.EqualTo(typeof(DocumentInfo).Assembly.GetName().Version!.ToString(3)));
        Assert.That(read.Servers?.Select(server => server.Url) ?? [], Is.EqualTo(servers));
    }

    [Test]
    public void It_contains_exactly_the_routes_of_the_application()
    {
        var routes = RoutesOf(host.Services)
            .Where(route => route.Method != "HEAD").Select(route => $"{route.Method} {route.Path}");
        Assert.That(
            document.Operations.Select(operation => $"{operation.Method} {RouteOf(operation.Path)}").Concat(Pages),
            Is.EquivalentTo(routes));
    }

    [Test]
    public void Every_GET_route_supports_HEAD()
    {
        var routes = RoutesOf(host.Services).ToLookup(route => route.Method, route => route.Path);
        Assert.That(routes["HEAD"], Is.EquivalentTo(routes["GET"]));
    }

    [Test]
    public void Every_operation_has_a_tag_a_summary_and_a_unique_id()
    {
        var operations = document.Operations.ToList();
        Assert.That(
            operations.Select(operation => operation.Id),
            Is.Unique.And.All.Match("^(cnr|oci|helm|appr|kar|health)[A-Z][A-Za-z]+$"));
        Assert.That(
            operations.Select(operation => operation.Node["summary"]?.GetValue<string>()),
            Is.All.Not.Null.And.All.Not.Empty);
        foreach (var operation in operations)
            Assert.That(operation.Id, Does.StartWith(Tag(operation).ToLowerInvariant()));
        var tags = document.Root["tags"]!.AsArray();
        Assert.That(
            tags.Select(tag => tag!["name"]!.GetValue<string>()), Is.EqualTo(operations.Select(Tag).Distinct()));
        Assert.That(tags.Select(tag => tag!["description"]!.GetValue<string>()), Is.All.Not.Empty);
    }

    [Test]
    public void Each_CNR_base_path_has_its_own_tag()
    {
        Assert.That(
            document.Operations.Select(Tag).GroupBy(tag => tag, (tag, all) => (tag, all.Count())),
            Is.EqualTo(new[] { ("CNR", 18), ("OCI", 14), ("Helm", 10), ("KAR", 5), ("Health", 2), ("appr", 18) }));
        foreach (var operation in document.Operations)
            Assert.That(
                operation.Path.StartsWith("/cnr", StringComparison.Ordinal),
                Is.EqualTo(Tag(operation) == "appr"),
                operation.Id);
    }

    [Test]
    public void Every_parameter_and_response_has_a_description()
    {
        foreach (var operation in document.Operations)
        {
            foreach (var parameter in operation.Parameters)
                Assert.That(
                    parameter["description"]?.GetValue<string>(),
                    Is.Not.Null.And.Not.Empty,
                    $"{operation.Id} {parameter["name"]}");
            foreach (var status in operation.Statuses)
            {
                var response = operation.Response(int.Parse(status))!;
                Assert.That(
                    response["description"]?.GetValue<string>(),
                    Is.Not.Null.And.Not.Empty,
                    $"{operation.Id} {status}");
                if (operation.Json(int.Parse(status)) is not null)
                    Assert.That(
                        operation.Examples(int.Parse(status)),
                        Is.Not.Empty,
                        $"{operation.Id} {status} has no example");
            }
        }
    }

    [Test]
    public void Every_example_matches_its_schema()
    {
        foreach (var operation in document.Operations)
            foreach (var status in operation.Statuses.Select(int.Parse))
                foreach (var (name, example) in operation.Examples(status))
                {
                    var schema = operation.Json(status)!["schema"]!;
                    Assert.That(document.Validate(example, schema), Is.Null, $"{operation.Id} {status} {name}");
                }
    }

    [Test]
    public void A_file_is_binary()
    {
        var downloads = document.Operations.Where(operation => operation.Statuses.Contains("206")).ToList();
        Assert.That(downloads.Select(operation => operation.Id), Is.EquivalentTo(
            new[]
            {
                "cnrPullPackage", "cnrGetBlob", "apprPullPackage", "apprGetBlob", "karDownloadArchive", "ociPullBlob",
                "helmDownloadChart", "helmDownloadChannelChart",
            }));
        foreach (var operation in downloads)
        {
            var type = Tag(operation) switch
            {
                "KAR" or "OCI" => "application/octet-stream",
                "Helm" => "application/gzip",
                _ => "application/x-gzip",
            };
            foreach (var status in (int[])[200, 206])
            {
                var schema = operation.Response(status)!["content"]![type]!["schema"]!;
                Assert.That(
                    (schema["type"]!.GetValue<string>(), schema["format"]!.GetValue<string>()),
                    Is.EqualTo(("string", "binary")),
                    operation.Id);
            }
        }
    }

    [Test]
    public async Task The_sample_is_the_sample_chart() => Assert.That(
        Convert.FromBase64String(Sample.Chart),
        Is.EqualTo(await File.ReadAllBytesAsync(
            Path.Combine(AppContext.BaseDirectory, "Data", "elasticsearch-1.0.0.tgz"))));

    [TestCase("a")]
    [TestCase("_a.b-c")]
    [TestCase("a__b")]
    [TestCase("a--b")]
    [TestCase("a_.b")]
    [TestCase("A")]
    [TestCase("-a")]
    [TestCase(".a")]
    [TestCase("a+b")]
    [TestCase("é")]
    [TestCase("")]
    [TestCase("72ed15c9a65961ecd034cca098ec18eb99002cd402824aae8a674a8ae41bd0ef")]
    [TestCase("72ED15C9A65961ECD034CCA098EC18EB99002CD402824AAE8A674A8AE41BD0EF")]
    public void The_patterns_of_names_match_the_domain_rules(string value)
    {
        foreach (var name in (string[])[value, value.PadRight(80, 'a'), value.PadRight(81, 'a')])
        {
            Assert.That(
                Regex.IsMatch(name, ParameterDescription.NamePattern),
                Is.EqualTo(PackageName.TryCreate(name, name, out _)),
                name);
            Assert.That(
                Regex.IsMatch(name, ParameterDescription.ChannelPattern),
                Is.EqualTo(ChannelName.TryParse(name, out _)),
                name);
            Assert.That(
                Regex.IsMatch(
                    name, ParameterDescription.DigestPattern), Is.EqualTo(Digest.TryParse(name, out _)), name);
            Assert.That(
                Regex.IsMatch(name, ParameterDescription.RepositoryPattern),
                Is.EqualTo(RepositoryName.TryParse($"{name}/{name}", out _)),
                name);
            var digest = $"sha256:{name}";
            Assert.That(
                Regex.IsMatch(digest, ParameterDescription.OciDigestPattern),
                Is.EqualTo(OciDigest.TryParse(digest, out _)),
                digest);
        }
    }

    [TestCase("/openapi/v1.json")]
    [TestCase("/openapi/client.json")]
    [TestCase("/swagger/index.html")]
    [TestCase("/swagger/swagger-ui-bundle.js")]
    public async Task A_matching_ETag_returns_304(string path)
    {
        using var first = await host.Client.GetAsync(path);
        Assert.That(first.Headers.ETag!.IsWeak, Is.False);
        using var again = new HttpRequestMessage(HttpMethod.Get, path)
        {
            Headers = { IfNoneMatch = { first.Headers.ETag! } },
        };
        using var second = await host.Client.SendAsync(again);
        Assert.That((int)second.StatusCode, Is.EqualTo(304));
    }

    [Test]
    public async Task A_document_is_generated_without_blocking_callers()
    {
        using var services = new BlockingServices();
        var documents = new OpenApiDocuments(services);
        try
        {
            foreach (var document in (Func<Task>[])[() => documents.Whole, () => documents.ForClients])
            {
                var call = Task.Run(() => document().IsCompleted);
                Assert.That(await call.WaitAsync(TimeSpan.FromSeconds(60)), Is.False);
            }
        }
        finally
        {
            services.Release();
        }

        Assert.That(() => documents.Whole, Throws.InvalidOperationException);
        Assert.That(() => documents.ForClients, Throws.InvalidOperationException);
    }

    private static string Tag(ApiOperation operation) => operation.Node["tags"]!.AsArray().Single()!.GetValue<string>();

    private static IEnumerable<(string Method, string Path)> RoutesOf(IServiceProvider services) =>
        from endpoint in services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
        from method in endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? ["any method"]
        select (method, "/" + (endpoint.RoutePattern.RawText ?? "").Trim('/'));

    /// <summary>
    /// Returns the route of a path: a repository name is one parameter, and slashes at the end are ignored.
    /// </summary>
    private static string RouteOf(string path) => "/" + Regex.Replace(
        path, "^/v2/{namespace}/{name}/", "/v2/{name}/").Trim('/');

    /// <summary>Blocks until it is released, and then returns no service.</summary>
    private sealed class BlockingServices : IServiceProvider, IDisposable
    {
        private readonly ManualResetEventSlim released = new();

        public void Release() => released.Set();

        public object? GetService(Type serviceType)
        {
            released.Wait();
            return null;
        }

        public void Dispose() => released.Dispose();
    }
}
