using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using NUnit.Framework;
using Registry.Tests.Support;

namespace Registry.Tests.EndToEnd;

/// <summary>
/// Random bytes and random JSON at every endpoint, with and without access control, never cause a 5xx and never change
/// existing data. Every error has the form of its protocol.
/// </summary>
public sealed class RandomRequestTests : EndToEndTest
{
    private const string Kept = "/api/v1/packages/kept/whole";

    /// <summary>How many senders each of the two services has.</summary>
    private const int Senders = 2;

    [Test]
    public async Task No_request_returns_a_5xx()
    {
        var seed = Setting("FUZZ_SEED", Environment.TickCount);
        await TestContext.Out.WriteLineAsync($"REGISTRY_FUZZ_SEED={seed}");
        (string, string?)[] limits = [("LIMITS__REQUESTBYTES", "200000"), ("LIMITS__ARCHIVEBYTES", "100000")];
        var starting = StartAsync(limits);
        var guarded = await HostAsync(
            [
                .. limits, ("FILESYSTEM__PATH", Path.Combine(Folder, "guarded")), ("AUTH__MODE", "tokens"),
                ("AUTH__ADMINTOKEN", GuardedRegistry.AdminSecret), ("AUTH__ANONYMOUS", "**=pull"),
            ]);
        guarded.Client.DefaultRequestHeaders.Authorization = new("Bearer", GuardedRegistry.AdminSecret);
        var registry = await starting;
        IRegistry[] services = [registry, guarded];
        var existing = new SeededPackage(1, 5000);
        foreach (var service in services)
            using (var pushed = await PushAsync(service, "kept/whole", "1.0.0", existing))
                Assert.That(pushed.StatusCode, Is.EqualTo(HttpStatusCode.OK));

        using var end = new CancellationTokenSource(Soak);
        var sent = await Task.WhenAll(
            Enumerable.Range(0, Senders * services.Length).Select(
                sender => SendAsync(services[sender % services.Length], unchecked(seed + sender), end.Token)));

        await TestContext.Out.WriteLineAsync($"{sent.Sum()} requests.");
        Assert.That(sent, Has.All.Positive);
        foreach (var service in services)
        {
            Assert.That(
                await service.Client.GetByteArrayAsync($"{Kept}/1.0.0/helm/pull", CancellationToken),
                SameBytes.As(await existing.ToArrayAsync(CancellationToken)));
            foreach (var path in (string[])["/readyz", "/api/v1/packages", "/api/v1/app", "/v2/_catalog"])
                using (var response = await service.Client.GetAsync(path, CancellationToken))
                    Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK), path);
        }

        Assert.That(registry.Log, Has.None.Contains("Unhandled").And.None.Contains("fail: "));
        Assert.That(guarded.Log.Faults, Is.Empty);
    }

    private async Task<int> SendAsync(IRegistry registry, int seed, CancellationToken end)
    {
        var requests = new RandomRequests(
            seed, registry.Client.DefaultRequestHeaders.Authorization is null ? null : GuardedRegistry.AdminSecret);
        var sent = 0;
        do
        {
            var request = requests.Next();
            var response = await RawHttp.SendAsync(registry.Address, request);
            sent++;
            var text = Encoding.Latin1.GetString(request);
            var context = $"seed {seed}, request {sent}:\n{text}\nresponse:\n{response}";
            if (response.StartsWith("HTTP/1.1 100 ", StringComparison.Ordinal))
                response = BodyOf(response);
            if (response.Length == 0)
                continue;
            Assert.That(response, Does.Match(@"^HTTP/1\.1 [234]\d\d "), context);
            requests.Learn(response);
            var status = int.Parse(response.AsSpan(9, 3), CultureInfo.InvariantCulture);
            if (status < 400)
                continue;
            AssertNothingInternal(response);
            AssertForm(text.Split(' ')[1], response, context);
        }
        while (!end.IsCancellationRequested && !CancellationToken.IsCancellationRequested);

        return sent;
    }

    /// <summary>Asserts that an error has the form of the protocol that owns the path.</summary>
    private static void AssertForm(string path, string response, string context)
    {
        var body = BodyOf(response);
        if (body.Length == 0 || response.Contains("\r\nContent-Type: text/html", StringComparison.Ordinal))
            return;
        using var json = JsonDocument.Parse(body);
        var member = path.StartsWith("/v2/", StringComparison.Ordinal) ? "errors"
            : path.StartsWith("/helm/", StringComparison.Ordinal) ? "error"
            : null;
        if (member is not null)
            Assert.That(json.RootElement.TryGetProperty(member, out _), context);
    }

    private static string BodyOf(string response) =>
        response[(response.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..];
}
