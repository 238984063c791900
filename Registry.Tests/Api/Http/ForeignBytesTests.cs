using NUnit.Framework;
using Registry.Tests.Support;

namespace Registry.Tests.Api.Http;

/// <summary>Non-ASCII bytes where HTTP does not allow them.</summary>
public sealed class ForeignBytesTests
{
    private RegistryHost host = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => host = await RegistryHost.StartAsync();

    [OneTimeTearDown]
    public async Task StopAsync() => await host.DisposeAsync();

    [TestCase("X-Remote-User: J\u00fcrgen")]
    [TestCase("X-Remote-User: J\u00c3\u00bcrgen")]
    [TestCase("Cookie: a=\u00ff\u00fe")]
    [TestCase("Origin: \u00fc")]
    [TestCase("If-None-Match: \"\u00fc\"")]
    [TestCase("Accept-Encoding: \u00fc")]
    public async Task A_header_may_contain_any_bytes(string header)
    {
        var response = await RawHttp.SendAsync(
            host.Address, $"GET /version HTTP/1.1\r\nHost: h\r\n{header}\r\nConnection: close\r\n\r\n");
        Assert.That(response, Does.StartWith("HTTP/1.1 200 "));
    }

    [Test]
    public async Task A_target_with_raw_bytes_is_refused_and_logged_without_the_target()
    {
        var before = Lines().Count;
        var response = await RawHttp.SendAsync(
            host.Address, "GET /api/v1/app?workspace=http://u:secret@e/gr\u00c3\u00b6\u00c3\u009fe "
                + "HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
        Assert.That(response, Does.StartWith("HTTP/1.1 400 "));
        var lines = Lines();
        Assert.That(lines, Has.Count.EqualTo(before + 1));
        Assert.That(lines[^1], Does.Contain("127.0.0.1").And.Contain("400").And.Not.Contain("secret"));
    }

    private List<string> Lines() =>
        [.. host.Log.Entries.Where(entry => entry.Category.EndsWith("MalformedRequests", StringComparison.Ordinal))
            .Select(entry => entry.Message)];
}
