using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using NUnit.Framework;
using Registry.Api.OpenApi;
using Registry.Tests.Support;

namespace Registry.Tests.Api.Http;

/// <summary>Last-Modified of immutable resources, and JSON responses that end with a line break.</summary>
public sealed class LastModifiedTests
{
    private const string Package = "/api/v1/packages/a/b";

    private RegistryHost host = null!;
    private DateTimeOffset pushed;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        host = await RegistryHost.StartAsync();
        using var push = await host.Client.PostAsync(Package, new StringContent(
            $$"""{"release":"1.0.0","media_type":"helm","blob":"{{Sample.Chart}}"}"""));
        Assert.That(push.IsSuccessStatusCode);
        using var upload =
            await host.Client.PostAsync("/api/v1/app", new ByteArrayContent(await SampleArchive.BytesAsync()));
        Assert.That(upload.IsSuccessStatusCode);
        using var manifest = JsonDocument.Parse(await host.Client.GetStringAsync(Package + "/1.0.0/helm"));
        pushed = DateTimeOffset.Parse(manifest.RootElement.GetProperty("created_at").GetString() + "Z", provider: null);
    }

    [OneTimeTearDown]
    public async Task StopAsync() => await host.DisposeAsync();

    [TestCase(Package + "/1.0.0/helm/pull")]
    [TestCase(Package + "/1.0.0/helm/pull/json")]
    [TestCase(Package + "/1.0.0/helm/pull?format=json")]
    [TestCase(Package + "/blobs/sha256/" + Sample.Digest)]
    [TestCase(Package + "/blobs/sha256/" + Sample.Digest + "/json")]
    [TestCase("/api/v1/app/" + SampleArchive.Id)]
    public async Task Immutable_resources_have_Last_Modified_and_evaluate_date_conditions(string path)
    {
        using var whole = await host.Client.GetAsync(path);
        var modified = whole.Content.Headers.LastModified!.Value;
        Assert.That(modified, Is.EqualTo(pushed).Within(TimeSpan.FromMinutes(1)));

        (TimeSpan, HttpStatusCode)[] expected =
        [
            (TimeSpan.Zero, HttpStatusCode.NotModified),
            (TimeSpan.FromDays(1), HttpStatusCode.NotModified),
            (TimeSpan.FromSeconds(-1), HttpStatusCode.OK),
        ];
        foreach (var (later, status) in expected)
        {
            using var response = await GetAsync(path, headers => headers.IfModifiedSince = modified + later);
            Assert.That(response.StatusCode, Is.EqualTo(status), $"{later} later");
            Assert.That(response.Content.Headers.LastModified, Is.EqualTo(modified));
            using var unmodified = await GetAsync(path, headers => headers.IfUnmodifiedSince = modified + later);
            Assert.That(
                unmodified.StatusCode,
                Is.EqualTo(later < TimeSpan.Zero ? HttpStatusCode.PreconditionFailed : HttpStatusCode.OK),
                $"{later} later");
        }

        using var tagFirst = await GetAsync(path, headers =>
        {
            headers.IfModifiedSince = modified;
            headers.IfNoneMatch.Add(new EntityTagHeaderValue("\"another\""));
        });
        Assert.That(tagFirst.StatusCode, Is.EqualTo(HttpStatusCode.OK), "an entity tag takes precedence over a date");
    }

    [TestCase(Package + "/default/helm/pull")]
    [TestCase(Package + "/1.0/helm/pull")]
    [TestCase(Package + "/1.0.0/-/pull")]
    [TestCase(Package + "/default/helm/pull/json")]
    [TestCase(Package + "/1.0.0/helm")]
    [TestCase("/api/v1/packages")]
    public async Task Mutable_resources_have_no_Last_Modified(string path)
    {
        using var response =
            await GetAsync(path, headers => headers.IfModifiedSince = TimeProvider.System.GetUtcNow().AddDays(1));
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(response.Content.Headers.LastModified, Is.Null);
    }

    [TestCase("/api/v1/packages")]
    [TestCase(Package + "/1.0.0/helm")]
    [TestCase(Package + "/1.0.0/helm/pull/json")]
    [TestCase("/api/v1/app")]
    [TestCase("/api/v1")]
    [TestCase("/version")]
    [TestCase("/healthz")]
    [TestCase("/openapi/v1.json")]
    [TestCase("/openapi/client.json")]
    [TestCase("/nowhere")]
    public async Task Json_ends_with_a_line_break(string path)
    {
        using var response = await host.Client.GetAsync(path);
        var body = await response.Content.ReadAsStringAsync();
        Assert.That(body, Does.EndWith("\n").And.Not.EndsWith("\n\n"));
        Assert.That(
            response.Content.Headers.ContentLength, Is.Null.Or.EqualTo(System.Text.Encoding.UTF8.GetByteCount(body)));
        Assert.DoesNotThrow(() => JsonDocument.Parse(body).Dispose());
    }

    private async Task<HttpResponseMessage> GetAsync(string path, Action<HttpRequestHeaders> set)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        set(request.Headers);
        return await host.Client.SendAsync(request);
    }
}
