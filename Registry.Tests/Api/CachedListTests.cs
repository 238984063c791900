using System.Net.Http.Headers;
using NUnit.Framework;
using Registry.Tests.Support;

namespace Registry.Tests.Api;

/// <summary>Cached bodies of lists.</summary>
public sealed class CachedListTests
{
    private RegistryHost host = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        host = await RegistryHost.StartAsync();
        for (var number = 0; number < 20; number++)
            await host.PushAsync($"a/{number}", "1.0.0");
    }

    [OneTimeTearDown]
    public async Task StopAsync() => await host.DisposeAsync();

    [TestCase(null)]
    [TestCase("gzip")]
    [TestCase("br")]
    public async Task Repeated_lists_are_equal_until_a_push(string? coding)
    {
        var (first, tag) = await ReadAsync(coding);
        Assert.That(await ReadAsync(coding), Is.EqualTo((first, tag)));
        await host.PushAsync($"pushed/{coding ?? "plain"}", "1.0.0");
        var (second, later) = await ReadAsync(coding);
        Assert.That(later, Is.Not.EqualTo(tag));
        Assert.That(second, Is.Not.EqualTo(first));
        using var head = await host.Client.SendAsync(Request(HttpMethod.Head, coding));
        using var get = await host.Client.SendAsync(Request(HttpMethod.Get, coding));
        Assert.That(head.Content.Headers.ContentLength, Is.EqualTo((await get.Content.ReadAsByteArrayAsync()).Length));
        Assert.That(head.Content.Headers.ContentEncoding, Is.EqualTo(get.Content.Headers.ContentEncoding));
    }

    private static HttpRequestMessage Request(HttpMethod method, string? coding)
    {
        var request = new HttpRequestMessage(method, "/api/v1/packages");
        if (coding is not null)
            request.Headers.AcceptEncoding.Add(new StringWithQualityHeaderValue(coding));
        return request;
    }

    private async Task<(string Body, EntityTagHeaderValue? Tag)> ReadAsync(string? coding)
    {
        using var response = await host.Client.SendAsync(Request(HttpMethod.Get, coding));
        return (Convert.ToHexString(await response.Content.ReadAsByteArrayAsync()), response.Headers.ETag);
    }
}
