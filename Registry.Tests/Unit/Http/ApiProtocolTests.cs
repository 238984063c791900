using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc.Controllers;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using NUnit.Framework;
using Registry.Api.Http;
using Registry.Core.Errors;
using Registry.Tests.Support;

namespace Registry.Tests.Unit.Http;

public sealed class ApiProtocolTests
{
    /// <summary>Every status that a middleware, a writer of responses or the framework may respond with.</summary>
    private static readonly int[] Statuses = [400, 401, 403, 404, 405, 408, 412, 413, 414, 415, 416, 500, 503, 507];

    private RegistryHost host = null!;

    private ApiProtocols Protocols => host.Services.GetRequiredService<ApiProtocols>();

    [OneTimeSetUp]
    public async Task Start() => host = await RegistryHost.StartAsync();

    [OneTimeTearDown]
    public async Task Stop() => await host.DisposeAsync();

    [Test]
    public void The_error_table_of_every_protocol_is_complete()
    {
        Assert.That(Protocols.All.Count(), Is.EqualTo(8));
        foreach (var protocol in Protocols.All)
        {
            Assert.That(protocol.Errors.Refusals.Keys, Is.EquivalentTo(Enum.GetValues<ErrorCode>()), $"{protocol}");
            Assert.That(protocol.Errors.Statuses.Keys, Is.SupersetOf(Statuses), $"{protocol}");
        }
    }

    [TestCase("/api/v1/packages", "/api/v1/packages")]
    [TestCase("/api/v1/packages/a/b", "/api/v1/packages")]
    [TestCase("/version", "/api/v1/packages")]
    [TestCase("/api/v1", "/api/v1")]
    [TestCase("/api/v1/app/x", "/api/v1")]
    [TestCase("/api/v1/packagesx", "/api/v1")]
    [TestCase("/cnr", "/cnr")]
    [TestCase("/cnr/api/v1/packages", "/cnr")]
    [TestCase("/cnr/nothing", "/cnr")]
    [TestCase("/packages/team/app", "/packages")]
    [TestCase("/CNR/version", "/packages")]
    [TestCase("/cnrx", "/packages")]
    [TestCase("/v2", "/v2")]
    [TestCase("/v2/a/b/manifests/latest", "/v2")]
    [TestCase("/v2x", "/packages")]
    [TestCase("/helm/team/index.yaml", "/helm")]
    [TestCase("/index.yaml", "/helm")]
    [TestCase("/index.yamlx", "/packages")]
    [TestCase("/healthz", "/healthz")]
    [TestCase("/readyz", "/healthz")]
    [TestCase("/healthzx", "/packages")]
    [TestCase("/", "/packages")]
    [TestCase("", "/packages")]
    public void The_longest_path_decides_which_protocol_owns_a_request(string path, string first)
    {
        var owner = Protocols.OwnerOf(path);
        Assert.That(owner.Paths.Select(static owned => owned.Value).FirstOrDefault(), Is.EqualTo(first));
    }

    [Test]
    public void Every_controller_endpoint_carries_the_protocol_that_owns_its_path()
    {
        var endpoints = host.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(static endpoint =>
                endpoint.Metadata.GetMetadata<ControllerActionDescriptor>() is not null)
            .ToList();
        Assert.That(endpoints, Has.Count.GreaterThan(20));
        foreach (var endpoint in endpoints)
        {
            var path = new PathString($"/{endpoint.RoutePattern.RawText!.TrimStart('/')}");
            Assert.That(
                endpoint.Metadata.GetMetadata<ApiProtocol>(), Is.SameAs(Protocols.OwnerOf(path)), $"{path}");
        }
    }
}
