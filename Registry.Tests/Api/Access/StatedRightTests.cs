using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using NUnit.Framework;
using Registry.Api.Access;
using Registry.Tests.Support;

namespace Registry.Tests.Api.Access;

[Parallelizable(ParallelScope.Self)]
public sealed class StatedRightTests
{
    [Test]
    public async Task Every_endpoint_states_its_right_and_is_in_the_table()
    {
        await using var registry = await GuardedRegistry.StartAsync();
        var endpoints = registry.Host.Services.GetRequiredService<EndpointDataSource>().Endpoints
            .Cast<RouteEndpoint>().ToList();
        Assert.That(endpoints, Has.Count.GreaterThan(100));
        Assert.That(
            endpoints.Where(static endpoint =>
                endpoint.Metadata.GetMetadata<RequiresAttribute>() is null
                    == (endpoint.Metadata.GetMetadata<PublicAttribute>() is null)),
            Is.Empty);

        var matched = new MatchedEndpoints();
        using (registry.Host.Services.GetRequiredService<DiagnosticListener>().Subscribe(matched))
            foreach (var row in AccessTable.Rows)
                using (await registry.SendAsync(
                    row.Method, row.Path.Replace("{p}", "team/app", StringComparison.Ordinal), secret: null))
                {
                }

        Assert.That(
            endpoints.SelectMany(MatchedEndpoints.Describe).Distinct()
                .Where(static endpoint => !endpoint.StartsWith("HEAD ", StringComparison.Ordinal))
                .Except(matched.Found),
            Is.Empty);
    }

    [Test]
    public async Task An_endpoint_without_a_stated_right_is_refused()
    {
        await using var host = await RegistryHost.StartAsync(
            services: null,
            static app => app.MapGet("/unstated", static () => "secret"),
            "--Auth:Mode=tokens",
            $"--Auth:AdminToken={GuardedRegistry.AdminSecret}");
        var registry = new GuardedRegistry(host);
        foreach (var (secret, expected) in ((string?, int)[])[(null, 401), (GuardedRegistry.AdminSecret, 403)])
        {
            using var response = await registry.SendAsync("GET", "/unstated", secret);
            Assert.That((int)response.StatusCode, Is.EqualTo(expected));
        }
    }

    /// <summary>Collects the endpoints that routing finds.</summary>
    private sealed class MatchedEndpoints : IObserver<KeyValuePair<string, object?>>
    {
        public HashSet<string> Found { get; } = [];

        /// <summary>Returns each method of an endpoint with its route.</summary>
        public static IEnumerable<string> Describe(RouteEndpoint endpoint) =>
            endpoint.Metadata.GetRequiredMetadata<HttpMethodMetadata>().HttpMethods
                .Select(method => $"{method} {endpoint.RoutePattern.RawText}");

        public void OnNext(KeyValuePair<string, object?> value)
        {
            if (value is { Key: "Microsoft.AspNetCore.Routing.EndpointMatched", Value: HttpContext context }
                && context.GetEndpoint() is RouteEndpoint endpoint)
                lock (Found)
                    Found.UnionWith(Describe(endpoint).Where(found => found.StartsWith(
                        $"{context.Request.Method} ", StringComparison.Ordinal)));
        }

        public void OnCompleted()
        {
        }

        public void OnError(Exception error) => Assert.Fail(error.Message);
    }
}
