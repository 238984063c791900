using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using NUnit.Framework;
using Registry.Core.Archives;
using Registry.Tests.Support;

namespace Registry.Tests.Api.Kar;

/// <summary>Uploads that are refused before they are stored completely, for any backend.</summary>
public sealed class UploadLimitTests
{
    private const int Limit = 100_000;

    /// <summary>
    /// Just above the default limit of Kestrel, which reads what a refused request still sends for a few seconds only.
    /// </summary>
    private const int Huge = 31_000_000;

    private FaultyHost host = null!;

    [SetUp]
    public async Task Start() => host = await FaultyHost.StartAsync(
        services: static services => services.AddSingleton(new ArchiveLimits { MaxArchiveBytes = Limit }));

    [TearDown]
    public async Task Stop() => await host.DisposeAsync();

    [TestCase(false, Limit, ExpectedResult = 200)]
    [TestCase(false, Limit + 1, ExpectedResult = 413)]
    [TestCase(false, Limit * 20, ExpectedResult = 413)]
    [TestCase(false, Huge, ExpectedResult = 413)]
    [TestCase(true, Huge, ExpectedResult = 413)]
    [TestCase(true, Limit, ExpectedResult = 200)]
    [TestCase(true, Limit + 1, ExpectedResult = 413)]
    [TestCase(true, Limit * 20, ExpectedResult = 413)]
    public async Task<int> The_limit_applies_to_every_kind_of_body(bool chunked, int length)
    {
        using var request =
            new HttpRequestMessage(HttpMethod.Post, "/api/v1/app") { Content = new ByteArrayContent(new byte[length]) };
        request.Headers.TransferEncodingChunked = chunked;
        using var response = await host.Client.SendAsync(request);
        if (response.StatusCode == HttpStatusCode.RequestEntityTooLarge)
        {
            var error = await response.Content.ReadFromJsonAsync<JsonObject>();
            Assert.That((string?)error!["code"], Is.EqualTo("request-too-large"));
            Assert.That((int?)error["details"]!["limit"], Is.EqualTo(Limit));
            Assert.That(await host.CountArchivesAsync(), Is.Zero);
        }

        return (int)response.StatusCode;
    }

    [Test]
    public async Task A_workspace_with_too_many_parts_is_400_with_the_limit()
    {
        var workspace = $"https://w/{string.Join('/', Enumerable.Repeat("a", 440))}";
        using var response =
            await host.Client.PostAsync($"/api/v1/app?workspace={workspace}", new ByteArrayContent([1]));
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        var error = await response.Content.ReadFromJsonAsync<JsonObject>();
        Assert.That((string?)error!["code"], Is.EqualTo("invalid-usage"));
        Assert.That(((int?)error["details"]!["parts"], (int?)error["details"]!["limit"]), Is.EqualTo((441, 32)));
        Assert.That(await host.CountArchivesAsync(), Is.Zero);
        using var list = await host.Client.GetAsync($"/api/v1/app?workspace={workspace}");
        Assert.That(list.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task A_length_over_the_limit_is_refused_before_the_body_is_sent()
    {
        var response = await RawHttp.SendForResponseAsync(
            host.Address,
            "POST /api/v1/app HTTP/1.1\r\nHost: a\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: "
                + $"{Limit + 1}\r\n\r\n");
        Assert.That(response, Does.StartWith("HTTP/1.1 413").And.Contain("\"request-too-large\""));
    }
}
