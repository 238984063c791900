using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using NUnit.Framework;
using Registry.Tests.Support;

namespace Registry.Tests.EndToEnd;

/// <summary>
/// Random bytes and random JSON at every endpoint never cause a 5xx and never change existing data.
/// </summary>
public sealed class RandomRequestTests : EndToEndTest
{
    private const int Senders = 4;

    [Test]
    public async Task No_request_returns_a_5xx()
    {
        var seed = Setting("FUZZ_SEED", Environment.TickCount);
        await TestContext.Out.WriteLineAsync($"REGISTRY_FUZZ_SEED={seed}");
        var registry = await StartAsync(("LIMITS__REQUESTBYTES", "200000"), ("LIMITS__ARCHIVEBYTES", "100000"));
        var existing = new SeededPackage(1, 5000);
        using (var pushed = await PushAsync(registry, "kept/whole", "1.0.0", existing))
            Assert.That(pushed.StatusCode, Is.EqualTo(HttpStatusCode.OK));

        using var end = new CancellationTokenSource(Soak);
        var sent = await Task.WhenAll(
            Enumerable.Range(0, Senders).Select(sender => SendAsync(registry, unchecked(seed + sender), end.Token)));

        await TestContext.Out.WriteLineAsync($"{sent.Sum()} requests.");
        Assert.That(sent, Has.All.Positive);
        Assert.That(
            await registry.Client.GetByteArrayAsync(
                "/api/v1/packages/kept/whole/1.0.0/helm/pull",
                CancellationToken), SameBytes.As(await existing.ToArrayAsync(CancellationToken)));
        foreach (var path in (string[])["/readyz", "/api/v1/packages", "/api/v1/app"])
            using (var response = await registry.Client.GetAsync(path, CancellationToken))
                Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK), path);
        Assert.That(registry.Log, Has.None.Contains("Unhandled").And.None.Contains("fail: "));
    }

    private async Task<int> SendAsync(RegistryProcess registry, int seed, CancellationToken end)
    {
        var requests = new RandomRequests(seed);
        var sent = 0;
        do
        {
            var request = requests.Next();
            var response = await RawHttp.SendAsync(registry.Address, request);
            sent++;
            var context = $"seed {seed}, request {sent}:\n{Encoding.Latin1.GetString(request)}\nresponse:\n{response}";
            if (response.Length == 0)
                continue;
            Assert.That(response, Does.Match(@"^HTTP/1\.1 [234]\d\d "), context);
            var body = response[(response.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..];
            var status = int.Parse(response.AsSpan(9, 3), CultureInfo.InvariantCulture);
            if (status < 400)
                continue;
            AssertNothingInternal(response);
            if (body.Length > 0)
                Assert.That(() => JsonDocument.Parse(body), Throws.Nothing, context);
        }
        while (!end.IsCancellationRequested && !CancellationToken.IsCancellationRequested);

        return sent;
    }
}
