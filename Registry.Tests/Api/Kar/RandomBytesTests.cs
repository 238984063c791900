using System.Text;
using NUnit.Framework;
using Registry.Tests.Support;

namespace Registry.Tests.Api.Kar;

/// <summary>Requests of random bytes, independent of the backend.</summary>
public sealed class RandomBytesTests
{
    private static readonly string[] Methods = ["GET", "HEAD", "POST", "DELETE", "PUT", "OPTIONS", "FOO"];

    private static readonly string[] Targets =
        [
            "/api/v1", "/api/v1/", "/api/v1/app", "/api/v1/app/", "/api/v1/app/" + SampleArchive.Id, "/api/v1/app/{0}",
            "/api/v1/app/{0}/{0}", "/{0}", "/api/v1/app?workspace={0}", "/api/v1/app?workspace=//h/{0}",
            "/api/v1/app?{0}"
        ];

    private static readonly string[] Headers =
        [
            "Range: {0}", "Range: bytes={0}", "If-None-Match: {0}", "If-None-Match: \"{0}\"", "If-Match: {0}",
            "If-Range: {0}", "Content-Type: {0}", "Accept-Encoding: {0}", "Accept: {0}", "X-Forwarded-Host: {0}",
            "Origin: {0}", "Cookie: {0}"
        ];

    [Test]
    public async Task Random_requests_cause_no_server_fault([Values(1, 2, 3)] int seed)
    {
        var random = new Random(seed);
        await using var host = await FaultyHost.StartAsync();
        await host.Client.PostAsync("/api/v1/app", new ByteArrayContent(await SampleArchive.BytesAsync()));
        for (var i = 0; i < 300; i++)
        {
            var body = Bytes(random, 300, static _ => true);
            var request = new StringBuilder()
                .Append(
                    $"{Pick(random, Methods)} "
                        + Fill(random, Pick(random, Targets), static c => c is not ' ' and not '\r' and not '\n')
                        + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n")
                .Append(
                    Fill(random, Pick(random, Headers), static c => c is not '\r' and not '\n')
                        + $"\r\nContent-Length: {body.Length}\r\n\r\n{body}")
                .ToString();
            var response = await RawHttp.SendAsync(host.Address, request);
            Assert.That(response, Does.Match("^HTTP/1.1 [234]"), request);
            if (response.StartsWith("HTTP/1.1 4", StringComparison.Ordinal) && response.Contains("\r\nContent-Type"))
                Assert.That(response, Does.Contain("Content-Type: application/json"), request);
        }

        Assert.That(host.Log.Faults, Is.Empty);
    }

    private static string Fill(Random random, string template, Func<char, bool> allowed) =>
        template.Replace("{0}", random.Next(2) == 0 ? Bytes(random, 20, allowed) : Escapes(random));

    private static string Bytes(Random random, int most, Func<char, bool> allowed) =>
        string.Concat(Enumerable.Range(0, random.Next(most)).Select(_ => (char)random.Next(256)).Where(allowed));

    private static string Escapes(Random random) =>
        string.Concat(
            Enumerable.Range(0, random.Next(12)).Select(_ => random.Next(4) == 0 ? "/" : $"%{random.Next(256):x2}"));

    private static string Pick(Random random, string[] from) => from[random.Next(from.Length)];
}
