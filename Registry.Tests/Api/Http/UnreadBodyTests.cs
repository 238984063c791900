using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging;
using NUnit.Framework;
using Registry.Api.Hosting;
using Registry.Tests.Support;

namespace Registry.Tests.Api.Http;

/// <summary>What remains of a request body when its request has ended.</summary>
public sealed class UnreadBodyTests
{
    private const int Attempts = 300;

    private RegistryHost host = null!;

    [SetUp]
    public async Task StartAsync() => host = await RegistryHost.StartAsync();

    [TearDown]
    public async Task StopAsync() => await host.DisposeAsync();

    [TestCase("POST /api/v1/app", "Origin: http://elsewhere.example\r\n", TestName = "{m}(rejected)")]
    [TestCase("POST /api/v1/app", "", TestName = "{m}(read)")]
    [TestCase("POST /api/v1/packages/team/app", "Content-Type: application/json\r\n", TestName = "{m}(malformed)")]
    [TestCase("GET /healthz", "", TestName = "{m}(ignored)")]
    [TestCase("POST /nowhere", "", TestName = "{m}(unknown)")]
    public async Task A_body_whose_client_leaves_is_never_a_request(string request, string headers)
    {
        var log = host.Log;
        var inner = string.Concat(Enumerable.Repeat("GET /version?inner HTTP/1.1\r\nHost: a\r\n\r\n", 20));
        var bytes = Encoding.ASCII.GetBytes(
            $"{request} HTTP/1.1\r\nHost: a\r\n{headers}Content-Length: {inner.Length + 100_000}\r\n\r\n{inner}");
        for (var i = 0; i < Attempts; i++)
        {
            using var client = new TcpClient();
            await client.ConnectAsync(host.Address.Host, host.Address.Port);
            await client.GetStream().WriteAsync(bytes);
        }

        // The server accepts this client after all others, and the stop waits for their requests.
        using (await host.Client.GetAsync("/readyz"))
        {
        }

        await host.DisposeAsync();
        var lines = log.Entries.Where(static entry => entry.Category == typeof(RequestLog).FullName).ToList();
        Assert.That(lines, Has.Count.GreaterThan(Attempts / 2), "most clients are noticed before they leave");
        Assert.That(
            lines.Select(static line => line.Message).Where(static line => line.Contains(" /version ")), Is.Empty);
        Assert.That(
            log.Entries.Where(static entry => entry.Level >= LogLevel.Error || entry.Message.StartsWith("Malformed"))
                .Select(static entry => entry.Message),
            Is.Empty);
    }

    [TestCase(10_000_000, true)]
    [TestCase(100, null)]
    public async Task A_connection_is_kept_if_the_ignored_body_has_arrived(int length, bool? closes)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/nowhere")
        {
            Content = new ByteArrayContent(new byte[length]),
            Headers = { ExpectContinue = closes },
        };
        using var response = await host.Client.SendAsync(request);
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
        Assert.That(response.Headers.ConnectionClose, Is.EqualTo(closes));
    }
}
